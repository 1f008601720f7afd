package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestTopic(t *testing.T) {
	t.Parallel()
	url := "--database-url=" + postgrestest.New(t).URL
	require.Equal(t, "order.*: handover\n",
		succeed(t, "", "topic", "set", url, "order.*", "--policy", "handover", "--stream", "ORDERS", "--grace", "10m", "--ordered"))
	require.Equal(t, "invoice.*: copy\n", succeed(t, "", "topic", "set", url, "invoice.*", "--policy=copy", "--retention=24h"))
	require.Equal(t, ""+
		"PATTERN      POLICY    RETENTION  GRACE  STREAM  ORDERED\n"+
		"async.event  async                               \n"+
		"invoice.*    copy      24h0m0s                   \n"+
		"order.*      handover             10m0s  ORDERS  yes\n", succeed(t, "", "topic", "list", url))
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "", "topic", "list", "--json", url)), &list))
	require.Equal(t, map[string]any{
		"pattern": "order.*", "policy": "handover", "grace": "10m0s", "stream": "ORDERS", "ordered": true,
	}, list[2])

	require.Equal(t, "order.*: removed\n", succeed(t, "", "topic", "remove", url, "order.*"))
	got := call(t, "", "topic", "remove", url, "order.*")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "order.*: no policy is set")
	requireOneLine(t, got)
}

func TestTopicUsage(t *testing.T) {
	t.Parallel()
	const url = "--database-url=postgres://127.0.0.1:1/x"
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"async.event":        {[]string{"set", "async.event", "--policy=hold"}, "async.event cannot be changed"},
		"unknown policy":     {[]string{"set", "t", "--policy=async"}, "--policy must be one of"},
		"no policy":          {[]string{"set", "t"}, "missing flags: --policy"},
		"a star between":     {[]string{"set", "a*b", "--policy=hold"}, "at the end of a pattern"},
		"retention and hold": {[]string{"set", "t", "--policy=hold", "--retention=1h"}, "only copies have a retention"},
		"no duration":        {[]string{"set", "t", "--policy=copy", "--retention=soon"}, "--retention"},
	} {
		got := call(t, "", append(append([]string{"topic"}, tt.args...), url)...)
		require.Equal(t, 2, got.status, name)
		require.Contains(t, got.err, tt.want, name)
		requireOneLine(t, got)
	}
	db := "--database-url=" + postgrestest.New(t).URL
	require.Equal(t, 2, call(t, "", "topic", "remove", db, "async.event").status)
}

func TestEventlogCancelAndFire(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	url := "--database-url=" + db.URL
	create := func(topic string) string {
		id, err := outbox.Create(t.Context(), db.Pool, outbox.NewEntry{Topic: topic, Ref: "r", Delay: time.Hour})
		require.NoError(t, err)
		return id.String()
	}
	first, second := create(outbox.TopicAsync), create("copy")
	require.Equal(t, first+": due now\n"+second+": due now\n", succeed(t, "", "eventlog", "fire", url, first, second))
	require.Equal(t, first+": cancelled\n", succeed(t, "", "eventlog", "cancel", url, first))

	// One that is refused stops no other.
	got := call(t, "", "eventlog", "cancel", url, first, second)
	require.Equal(t, 1, got.status)
	require.Equal(t, second+": cancelled\n", got.out)
	require.Contains(t, got.err, first+": cancel entry: there is no such entry")
	requireOneLine(t, got)
	require.Equal(t, "[]\n", succeed(t, "", "eventlog", "list", "--json", url))

	got = call(t, "", "eventlog", "fire", url, uuid.NewString(), "none")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, `"none" is not the id of an entry`)
	require.Empty(t, strings.TrimSpace(got.out))
}
