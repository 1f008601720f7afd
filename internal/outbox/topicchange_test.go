package outbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestTopicsAreSetListedAndRemoved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	list := func() []outbox.Topic {
		topics, err := outbox.ListTopics(t.Context(), f.pool)
		require.NoError(t, err)
		return topics
	}
	async := outbox.Topic{Pattern: outbox.TopicAsync, Policy: outbox.PolicyAsync}
	require.Equal(t, []outbox.Topic{async}, list())

	copied := outbox.Topic{Pattern: "b.*", Policy: outbox.PolicyCopy, Retention: 24 * time.Hour, Ordered: true}
	handed := outbox.Topic{Pattern: "c", Policy: outbox.PolicyHandover, Grace: 10 * time.Minute, Stream: "ORDERS"}
	for _, topic := range []outbox.Topic{copied, {Pattern: "c", Policy: outbox.PolicyHold}, handed} {
		require.NoError(t, outbox.SetTopic(t.Context(), f.pool, topic))
	}
	require.Equal(t, []outbox.Topic{async, copied, handed}, list())

	// A change replaces all settings.
	require.NoError(t, outbox.SetTopic(t.Context(), f.pool, outbox.Topic{Pattern: "c", Policy: outbox.PolicyHandover}))
	require.Equal(t, outbox.Topic{
		Pattern: "c", Policy: outbox.PolicyHandover, Grace: outbox.DefaultGrace, Stream: outbox.DefaultStream,
	}, list()[2], "with the defaults")

	require.NoError(t, outbox.RemoveTopic(t.Context(), f.pool, "c"))
	require.ErrorIs(t, outbox.RemoveTopic(t.Context(), f.pool, "c"), outbox.ErrTopicNotFound)
	require.ErrorIs(t, outbox.RemoveTopic(t.Context(), f.pool, outbox.TopicAsync), outbox.ErrInvalidTopic)
	require.Equal(t, []outbox.Topic{async, copied}, list())
}

func TestTopicsThatCannotBeSet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, topic := range map[string]outbox.Topic{
		"no pattern":              {Policy: outbox.PolicyCopy},
		"long pattern":            {Pattern: strings.Repeat("x", 1001), Policy: outbox.PolicyCopy},
		"no UTF-8":                {Pattern: "a\xff", Policy: outbox.PolicyCopy},
		"U+0000":                  {Pattern: "a\x00", Policy: outbox.PolicyCopy},
		"a star in the middle":    {Pattern: "a*b", Policy: outbox.PolicyCopy},
		"two stars":               {Pattern: "a**", Policy: outbox.PolicyCopy},
		"async.event":             {Pattern: outbox.TopicAsync, Policy: outbox.PolicyHold},
		"async.event as it is":    {Pattern: outbox.TopicAsync, Policy: outbox.PolicyAsync},
		"another async":           {Pattern: "mine", Policy: outbox.PolicyAsync},
		"no policy":               {Pattern: "a"},
		"unknown policy":          {Pattern: "a", Policy: "drop"},
		"retention of a handover": {Pattern: "a", Policy: outbox.PolicyHandover, Retention: time.Hour},
		"negative retention":      {Pattern: "a", Policy: outbox.PolicyCopy, Retention: -time.Hour},
		"grace of a copy":         {Pattern: "a", Policy: outbox.PolicyCopy, Grace: time.Hour},
		"negative grace":          {Pattern: "a", Policy: outbox.PolicyHandover, Grace: -time.Hour},
		"stream of a copy":        {Pattern: "a", Policy: outbox.PolicyCopy, Stream: "S"},
		"stream with a dot":       {Pattern: "a", Policy: outbox.PolicyHandover, Stream: "a.b"},
		"order of what is held":   {Pattern: "a", Policy: outbox.PolicyHold, Ordered: true},
	} {
		require.ErrorIs(t, outbox.SetTopic(t.Context(), f.pool, topic), outbox.ErrInvalidTopic, name)
	}
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog_topic"))

	// SQL says the same.
	for _, values := range []string{
		"('a', 'copy', NULL, '1 hour', NULL, false)", "('a', 'handover', '1 hour', NULL, NULL, false)",
		"('a', 'copy', NULL, NULL, 'S', false)", "('a', 'hold', NULL, NULL, NULL, true)",
		"('a', 'copy', '0', NULL, NULL, false)", "('a', 'handover', NULL, NULL, 'a.b', false)",
	} {
		_, err := f.pool.Exec(t.Context(), "INSERT INTO eventlog_topic (pattern, policy, retention, grace, stream, ordered) VALUES "+values)
		require.ErrorContains(t, err, "SQLSTATE 23514", values)
	}
}
