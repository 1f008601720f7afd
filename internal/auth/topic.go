package auth

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/reload"
)

// Action is what somebody does with the entries of a topic.
type Action string

// The actions.
const (
	// Read is to see that entries are there, and their data.
	Read Action = "read"
	// Create is to write entries.
	Create Action = "create"
	// Consume is to lock, extend, unlock, release and remove entries.
	Consume Action = "consume"
	// Manage is to cancel entries and to fire them early, and to see the data and
	// the errors of async events, which are of workitems.
	Manage Action = "manage"
)

func actions() []Action { return []Action{Read, Create, Consume, Manage} }

// Topics are rules: who may do what with the entries of which topics. The exact
// pattern wins, then the longest that ends in '*', each for its own actions; what
// no rule is about the defaults decide. A [Manager] may do everything. To do more
// with async events than to read them needs a rule that names them exactly: who
// gives away all topics hardly thinks of the workitems behind these.
//
// The zero value is the defaults alone: a [Reader] may read, create and consume,
// but async events may only be read, and nobody may manage. Who has [NoAccess] may
// nothing.
type Topics struct{ rules []topicRule } // most specific first

type topicRule struct {
	pattern string
	actions []Action
	all     bool     // everybody
	level   Level    // this level or a higher one, if leveled
	leveled bool     // whether level counts
	names   []string // names of callers
}

// topicAsync is the topic of async events, lockSuffix what Imixs adds to the topic
// of an entry that is locked.
const (
	topicAsync = "async.event"
	lockSuffix = ".lock"
)

// ParseTopics reads rules: lines of a pattern, actions and who may, as in
//
//	order.*  create,read  shop, @EDITOR
//
// where * is everybody, - nobody but managers, @LEVEL that level or a higher one,
// and everything else the name of a user, a role or a group, in quotation marks if
// there are blanks in it. Without any rule it is an error: the file has been
// emptied or cut. The error is a [*FileError] or that of the reader.
func ParseTopics(name string, r io.Reader) (Topics, error) {
	var t Topics
	err := eachLine(name, r, func(text string) error {
		rule, err := parseTopicRule(text)
		if err != nil {
			return err
		}
		for _, action := range rule.actions {
			if slices.ContainsFunc(t.rules, func(other topicRule) bool {
				return other.pattern == rule.pattern && slices.Contains(other.actions, action)
			}) {
				return fmt.Errorf("the pattern %s has a rule for %s already", rule.pattern, action)
			}
		}
		t.rules = append(t.rules, rule)
		return nil
	})
	if err == nil && len(t.rules) == 0 {
		err = &FileError{File: name, Reason: "there is no rule in it"}
	}
	// Exact ones first, then the longest: a pattern is as long as it is specific.
	slices.SortStableFunc(t.rules, func(a, b topicRule) int {
		return cmp.Or(cmp.Compare(b.exactness(), a.exactness()), cmp.Compare(len(b.pattern), len(a.pattern)))
	})
	return t, err
}

func parseTopicRule(text string) (rule topicRule, err error) {
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return rule, errors.New("the line is not: pattern action,action who,who")
	}
	rule.pattern = fields[0]
	if strings.Contains(strings.TrimSuffix(rule.pattern, "*"), "*") {
		return rule, fmt.Errorf("the pattern %s has a * that is not at its end", rule.pattern)
	}
	if strings.HasSuffix(rule.pattern, lockSuffix) {
		return rule, fmt.Errorf("the pattern %s ends in %s, which is no part of a topic", rule.pattern, lockSuffix)
	}
	for action := range strings.SplitSeq(fields[1], ",") {
		if !slices.Contains(actions(), Action(action)) {
			return rule, fmt.Errorf("%q is no action: they are read, create, consume and manage", action)
		}
		rule.actions = append(rule.actions, Action(action))
	}
	who := listOf(strings.Join(fields[2:], " "))
	if len(who) == 0 {
		return rule, errors.New("the line is not: pattern action,action who,who")
	}
	for _, one := range who {
		if err := rule.allow(one); err != nil {
			return rule, err
		}
	}
	return rule, nil
}

// allow adds somebody who may.
func (r *topicRule) allow(who string) error {
	level, leveled := strings.CutPrefix(who, "@")
	switch {
	case who == "*":
		r.all = true
	case who == "-":
	case leveled:
		least, err := ParseLevel(level)
		if err != nil {
			return err
		}
		if r.leveled {
			least = min(least, r.level)
		}
		r.level, r.leveled = least, true
	default:
		name, err := parseWho(who)
		if err != nil {
			return err
		}
		r.names = append(r.names, name)
	}
	return nil
}

// parseWho reads the name of a user, a role or a group. One with a blank is quoted:
// a comma that is missing, or a comment, must not become part of a name.
func parseWho(text string) (string, error) {
	if name, quoted := strings.CutPrefix(text, `"`); quoted {
		name, closed := strings.CutSuffix(name, `"`)
		if !closed || name == "" || strings.Contains(name, `"`) {
			return "", fmt.Errorf("%s is no name in quotation marks", text)
		}
		return name, nil
	}
	if strings.ContainsAny(text, "\"#") || strings.ContainsFunc(text, unicode.IsSpace) {
		return "", fmt.Errorf("%q is no name: there are commas between names, quotation marks around one with blanks, and comments have lines of their own", text)
	}
	return text, nil
}

func (r *topicRule) exactness() int {
	if strings.HasSuffix(r.pattern, "*") {
		return 0
	}
	return 1
}

// decides says whether the rule is about an action with a topic.
func (r *topicRule) decides(action Action, topic string) bool {
	if !slices.Contains(r.actions, action) {
		return false
	}
	prefix, broad := strings.CutSuffix(r.pattern, "*")
	if !broad {
		return topic == r.pattern
	}
	return strings.HasPrefix(topic, prefix) && (topic != topicAsync || action == Read)
}

func (r *topicRule) allows(c Caller) bool {
	return c.Level >= Manager || r.all || r.leveled && c.Level >= r.level || c.IsNamedIn(r.names)
}

// May says whether the caller may do this with entries of the topic, whether they
// are locked or not: the suffix .lock is no part of the topic.
func (t Topics) May(c Caller, action Action, topic string) bool {
	if c.Name == "" {
		return false
	}
	for strings.HasSuffix(topic, lockSuffix) {
		topic = strings.TrimSuffix(topic, lockSuffix)
	}
	for i := range t.rules {
		if t.rules[i].decides(action, topic) {
			return t.rules[i].allows(c)
		}
	}
	return c.Level >= leastByDefault(action, topic)
}

// leastByDefault is the level that may do this where no rule says anything.
func leastByDefault(action Action, topic string) Level {
	if action == Read || action != Manage && topic != topicAsync {
		return Reader
	}
	return Manager
}

// MayAll says whether the caller may do this with entries of every topic that
// there is or will be. It is for lists that name no topic.
func (t Topics) MayAll(c Caller, action Action) bool {
	return t.MayAllOthers(c, action) && t.May(c, action, topicAsync)
}

// MayAllOthers is MayAll without the topic of async events.
func (t Topics) MayAllOthers(c Caller, action Action) bool {
	if !t.May(c, action, "") {
		return false
	}
	for i := range t.rules {
		rule := &t.rules[i]
		if rule.pattern != topicAsync && slices.Contains(rule.actions, action) && !rule.allows(c) {
			return false
		}
	}
	return true
}

// TopicFile are rules that are kept up to date with their file.
type TopicFile struct{ topics *reload.Value[Topics] }

// NewTopicFile reads rules from a file, and again when it has changed. A file that
// cannot be read leaves the rules as they were, and says so in the log.
func NewTopicFile(path string, every time.Duration, log zerolog.Logger) (*TopicFile, error) {
	value, err := reload.New(reload.Config[Topics]{
		Paths: []string{path}, Every: every,
		Load:   func() (Topics, error) { return readFile(path, ParseTopics) },
		Report: reporter(log, "topics"),
	})
	if err != nil {
		return nil, err
	}
	return &TopicFile{value}, nil
}

// Topics returns the rules as they are now, the defaults if f is nil.
func (f *TopicFile) Topics() Topics {
	if f == nil {
		return Topics{}
	}
	return f.topics.Get()
}
