package outbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Errors of a change of a topic's policy.
var (
	// ErrInvalidTopic says that a pattern or its settings are not valid. The
	// message says why.
	ErrInvalidTopic = errors.New("invalid topic policy")
	// ErrTopicNotFound says that no policy is set for the pattern.
	ErrTopicNotFound = errors.New("no policy is set for this pattern")
)

var validStream = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// Check returns an [ErrInvalidTopic] for what [SetTopic] does not take.
func (t *Topic) Check() error {
	if reason := t.fault(); reason != "" {
		return fmt.Errorf("%w: %s", ErrInvalidTopic, reason)
	}
	return nil
}

func (t *Topic) fault() string {
	switch {
	case t.Pattern == "" || len(t.Pattern) > 1000 || !utf8.ValidString(t.Pattern) || strings.ContainsRune(t.Pattern, 0):
		return "a pattern is a text of 1 to 1000 bytes"
	case strings.Contains(strings.TrimSuffix(t.Pattern, "*"), "*"):
		return "a * stands at the end of a pattern only"
	case t.Pattern == TopicAsync:
		return "the policy of " + TopicAsync + " cannot be changed"
	case t.Policy != PolicyCopy && t.Policy != PolicyHandover && t.Policy != PolicyHold:
		return "the policy is one of copy, handover and hold"
	}
	return t.settingFault()
}

func (t *Topic) settingFault() string {
	switch {
	case t.Retention != 0 && t.Policy != PolicyCopy:
		return "only copies have a retention"
	case t.Grace != 0 && t.Policy != PolicyHandover:
		return "only handovers have a grace"
	case t.Stream != "" && t.Policy != PolicyHandover:
		return "only handovers have a stream"
	case t.Retention < 0 || t.Grace < 0:
		return "retention and grace must be positive"
	case t.Ordered && t.Policy == PolicyHold:
		return "what is on hold has no order"
	case t.Stream != "" && !validStream.MatchString(t.Stream):
		return "the name of a stream is 1 to 32 letters, digits, - and _"
	}
	return ""
}

const setTopicSQL = `
INSERT INTO eventlog_topic (pattern, policy, retention, grace, stream, ordered)
VALUES (
    $1,
    $2,
    nullif($3::bigint, 0) * interval '1 microsecond',
    nullif($4::bigint, 0) * interval '1 microsecond',
    nullif($5, ''),
    $6
)
ON CONFLICT (pattern) DO UPDATE
SET policy    = excluded.policy,
    retention = excluded.retention,
    grace     = excluded.grace,
    stream    = excluded.stream,
    ordered   = excluded.ordered
RETURNING pg_notify('postlude_eventlog', '')::text`

// SetTopic sets the policy of a pattern, or changes it as a whole. The change
// holds for new entries with its commit, and for those that wait as soon as the
// relays have noticed, a second later at most: what was on hold is published, or
// what waits is held. What was published stays published. The error is an
// [ErrInvalidTopic] for the pattern async.event and settings that do not fit.
func SetTopic(ctx context.Context, db DB, t Topic) error {
	if err := t.Check(); err != nil {
		return err
	}
	_, err := db.Exec(ctx, setTopicSQL, t.Pattern, t.Policy, t.Retention.Microseconds(), t.Grace.Microseconds(), t.Stream, t.Ordered)
	if err != nil {
		return fmt.Errorf("set topic: %w", err)
	}
	return nil
}

const removeTopicSQL = `
DELETE FROM eventlog_topic
WHERE pattern = $1
  AND policy <> 'async'
RETURNING pg_notify('postlude_eventlog', '')::text`

// RemoveTopic takes back the policy of a pattern: the next pattern that fits, or
// the default, holds from then on. The error is [ErrTopicNotFound] if none is
// set, and an [ErrInvalidTopic] for async.event.
func RemoveTopic(ctx context.Context, db DB, pattern string) error {
	if pattern == TopicAsync {
		return fmt.Errorf("%w: the policy of %s cannot be changed", ErrInvalidTopic, TopicAsync)
	}
	tag, err := db.Exec(ctx, removeTopicSQL, pattern)
	switch {
	case err != nil:
		return fmt.Errorf("remove topic: %w", err)
	case tag.RowsAffected() == 0:
		return ErrTopicNotFound
	}
	return nil
}
