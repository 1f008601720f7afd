package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

func topics(t *testing.T, lines ...string) auth.Topics {
	t.Helper()
	parsed, err := auth.ParseTopics("topics", strings.NewReader(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return parsed
}

// may is the actions that a caller may do, a letter for each.
func may(rules auth.Topics, c auth.Caller, topic string) string {
	var letters strings.Builder
	for action, letter := range map[auth.Action]byte{auth.Read: 'r', auth.Create: 'w', auth.Consume: 'c', auth.Manage: 'm'} {
		if rules.May(c, action, topic) {
			letters.WriteByte(letter)
		}
	}
	var sorted strings.Builder
	for _, letter := range "rwcm" {
		if strings.ContainsRune(letters.String(), letter) {
			sorted.WriteRune(letter)
		}
	}
	return sorted.String()
}

func TestTopicsByDefault(t *testing.T) {
	t.Parallel()
	for _, level := range levels() {
		caller := auth.Caller{Name: "anna", Level: level}
		want, async := "rwc", "r"
		if level == auth.NoAccess {
			want, async = "", ""
		}
		if level == auth.Manager {
			want, async = "rwcm", "rwcm"
		}
		require.Equal(t, want, may(auth.Topics{}, caller, "order.new"), level)
		require.Equal(t, async, may(auth.Topics{}, caller, "async.event"), level)
		require.Equal(t, async, may(auth.Topics{}, caller, "async.event.lock.lock"), level)
		for _, action := range []auth.Action{auth.Read, auth.Create, auth.Consume} {
			require.Equal(t, level >= auth.Reader, auth.Topics{}.MayAllOthers(caller, action), level)
		}
		require.Equal(t, level >= auth.Reader, auth.Topics{}.MayAll(caller, auth.Read))
		require.Equal(t, level == auth.Manager, auth.Topics{}.MayAll(caller, auth.Consume))
	}
}

// Who has no level may do what a rule gives, and nothing by what no rule is about.
func TestNoAccessIsWhatARuleGives(t *testing.T) {
	t.Parallel()
	anna := auth.Caller{Name: "anna", Names: []string{"anna"}}
	for line, want := range map[string]string{
		"a read *": "r", "a create anna": "w", "a read,consume @NOACCESS": "rc", "* create *": "w",
		"a read carl": "", "a read @READER": "", "b read,create,consume *": "",
	} {
		require.Equal(t, want, may(topics(t, line), anna, "a"), line)
	}
}

// Async events are of workitems: who is given all topics is not given those.
func TestABroadRuleLeavesAsyncEventsAlone(t *testing.T) {
	t.Parallel()
	anna := auth.Caller{Name: "anna", Names: []string{"anna"}, Level: auth.Author}
	for line, want := range map[string]string{
		"* create,consume *":                      "r",
		"* create,consume,manage anna":            "r",
		"a* read,create,manage @AUTHOR":           "r",
		"async.event* create,consume,manage anna": "r",
		"* read carl":                             "",
		"async.event create,consume,manage anna":  "rwcm",
		"async.event manage anna\n* create anna":  "rm",
		"async.event read -\n* read,manage anna":  "",
	} {
		rules := topics(t, line)
		require.Equal(t, want, may(rules, anna, "async.event"), line)
		require.Equal(t, want, may(rules, anna, "async.event.lock"), line)
		for action, letter := range map[auth.Action]string{auth.Create: "w", auth.Consume: "c", auth.Manage: "m"} {
			require.Equal(t, strings.Contains(want, letter) && rules.MayAllOthers(anna, action), rules.MayAll(anna, action), "%s: %s", line, action)
		}
	}
	all := topics(t, "* create,consume,manage anna")
	require.True(t, all.MayAllOthers(anna, auth.Manage))
	require.False(t, all.MayAll(anna, auth.Manage))
	require.Equal(t, "rwcm", may(all, anna, "async.events"), "another topic")
	without := topics(t, "async.event consume -\n* consume anna")
	require.True(t, without.MayAllOthers(anna, auth.Consume))
	require.False(t, without.MayAll(anna, auth.Consume))
}

func TestTheMostSpecificRuleDecides(t *testing.T) {
	t.Parallel()
	rules := topics(t,
		"# a comment",
		"",
		"*              read            @READER",
		"order.*        create,read     shop",
		"order.*        consume         -",
		`order.secret   read            carl , "big boss"`,
		"open.*         read,create     *",
		"async.event    manage          @EDITOR",
	)
	shop := auth.Caller{Name: "s1", Names: []string{"s1", "shop"}}
	reader := auth.Caller{Name: "anna", Names: []string{"anna"}, Level: auth.Reader}
	carl := auth.Caller{Name: "carl", Names: []string{"carl"}}
	boss := auth.Caller{Name: "b", Names: []string{"b", "big boss"}, Level: auth.Editor}
	manager := auth.Caller{Name: "m", Names: []string{"m"}, Level: auth.Manager}
	for _, c := range []struct {
		caller auth.Caller
		topic  string
		want   string
	}{
		{shop, "order.new", "rw"},
		{shop, "order.new.lock", "rw"},
		{shop, "order.secret", "w"},
		{shop, "orders", ""},
		{reader, "order.new", ""},
		{reader, "orders", "rwc"},
		{reader, "order.secret.lock", ""},
		{carl, "order.secret", "r"},
		{carl, "open.x", "rw"},
		{boss, "order.secret", "r"},
		{boss, "async.event", "rm"},
		{carl, "async.event", ""},
		{manager, "order.secret", "rwcm"},
	} {
		require.Equal(t, c.want, may(rules, c.caller, c.topic), "%s: %s", c.caller.Name, c.topic)
	}
	require.False(t, rules.MayAll(boss, auth.Read), "not order.*")
	require.True(t, rules.MayAll(manager, auth.Manage))
}

func TestTopicRulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"a":                        "is not: pattern",
		"a read":                   "is not: pattern",
		"a , anna":                 `"" is no action`,
		"a create, read anna":      `"" is no action`,
		"a read ,":                 "is not: pattern",
		"a*b read anna":            "not at its end",
		"a write anna":             `"write" is no action`,
		"a read @god":              "no access level",
		"a.lock read anna":         "no part of a topic",
		"a read x\na read y":       "has a rule for read already",
		"a read \xff":              "not UTF-8",
		"a read anna # the boss":   "is no name",
		"a read anna #":            "is no name",
		"a read anna#":             "is no name",
		"a read anna ed":           "is no name",
		"a read anna,ed carl":      "is no name",
		`a read "anna`:             "in quotation marks",
		`a read "an"na"`:           "in quotation marks",
		`a read "",anna`:           "in quotation marks",
		`a read anna"`:             "is no name",
		"a read -\r* read *":       "cannot be seen",
		"a read an\u200bna":        "cannot be seen",
		"a\u202e read anna":        "cannot be seen",
		"a\x00 read anna":          "cannot be seen",
		"# a\r* read -":            "cannot be seen",
		"# a\u2028* read -":        "cannot be seen",
		"\ufeffa read -":           "cannot be seen",
		strings.Repeat("a", 1<<15): "more than",
	} {
		_, err := auth.ParseTopics("rules", strings.NewReader("# first\n"+line))
		require.ErrorContains(t, err, want)
		var fault *auth.FileError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, "rules", fault.File)
		require.GreaterOrEqual(t, fault.Line, 2)
	}
}

// Rules that are gone would be the defaults: everything.
func TestNoRuleAtAllIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n\n", "# only a comment\n", "\ufeff"} {
		_, err := auth.ParseTopics("rules", strings.NewReader(text))
		require.EqualError(t, err, "rules: there is no rule in it")
	}
}

func TestWhatEditorsDoToRules(t *testing.T) {
	t.Parallel()
	carl := auth.Caller{Name: "carl", Names: []string{"carl"}, Level: auth.Author}
	for _, text := range []string{"\ufeffa read anna\r\n\r\n# b\r\n", "\ta\tread\tanna\t", "a read anna\r\n"} {
		require.Equal(t, "wc", may(topics(t, text), carl, "a"), "%q", text)
	}
}

func TestTheTopicFileIsReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "topics")
	require.NoError(t, os.WriteFile(path, []byte("a read anna"), 0o600))
	file, err := auth.NewTopicFile(path, time.Millisecond, zerolog.Nop())
	require.NoError(t, err)
	carl := auth.Caller{Name: "carl", Names: []string{"carl"}, Level: auth.Reader}
	require.False(t, file.Topics().May(carl, auth.Read, "a"))
	for _, part := range []string{"", "b read anna\n"} { // as an editor writes
		require.NoError(t, os.WriteFile(path, []byte(part), 0o600))
		for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
			require.False(t, file.Topics().May(carl, auth.Read, "a"))
		}
	}
	require.NoError(t, os.WriteFile(path, []byte("a read carl"), 0o600))
	require.Eventually(t, func() bool { return file.Topics().May(carl, auth.Read, "a") }, 5*time.Second, time.Millisecond)
	var none *auth.TopicFile
	require.True(t, none.Topics().May(carl, auth.Read, "a"))
	_, err = auth.NewTopicFile(path+"none", 0, zerolog.Nop())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// The rules that the documentation shows mean what it says.
func TestTheRulesInTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "```\n# pattern")
	require.True(t, found)
	lines, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	rules := topics(t, "# pattern"+lines)
	named := func(name string, level auth.Level) auth.Caller {
		return auth.Caller{Name: "x", Names: []string{"x", name}, Level: level}
	}
	for _, c := range []struct {
		caller auth.Caller
		topic  string
		want   string
	}{
		{named("shop", auth.NoAccess), "order.new", "w"},
		{named("warehouse", auth.Author), "order.new", "rwc"},
		{named("warehouse", auth.Author), "order.audit", "wc"},
		{named("other", auth.Author), "order.new", ""},
		{named("other", auth.Author), "order.audit", "w"},
		{named("other", auth.Editor), "order.audit", "rw"},
		{named("other", auth.Editor), "async.event", "rm"},
		{named("other", auth.Author), "else", "r"},
		{named("other", auth.NoAccess), "else", ""},
		{named("other", auth.Manager), "else", "rwcm"},
	} {
		require.Equal(t, c.want, may(rules, c.caller, c.topic), "%v: %s", c.caller, c.topic)
	}
}
