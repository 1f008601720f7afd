package outbox_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestAnEntryExistsIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const entries = "SELECT count(*) FROM eventlog"

	tx := f.begin()
	_, err := outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "t", Ref: "r"})
	require.NoError(t, err)
	require.NoError(t, outbox.Insert(t.Context(), tx, []outbox.NewEntry{{Topic: outbox.TopicAsync, Ref: "r"}}))
	require.Zero(t, f.count(entries), "seen before the commit")
	require.Empty(t, f.claim(10, 0), "claimed before the commit")
	require.NoError(t, tx.Rollback(t.Context()))
	require.Zero(t, f.count(entries), "there after a rollback")

	tx = f.begin()
	id, err := outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "t", Ref: "r"})
	require.NoError(t, err)
	require.NoError(t, outbox.Insert(t.Context(), tx, []outbox.NewEntry{{Topic: outbox.TopicAsync, Ref: "r"}}))
	require.NoError(t, tx.Commit(t.Context()))
	require.Equal(t, 2, f.count(entries))
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog WHERE id = $1 AND topic = 't'", id))
}

func TestCreateRefusesWhatCannotBeAnEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold')")
	large := []byte(`"` + strings.Repeat("x", 512<<10-1) + `"`) // one byte over
	tests := map[string]outbox.NewEntry{
		"no topic":                  {Ref: "r"},
		"no ref":                    {Topic: "t"},
		"negative delay":            {Topic: "t", Ref: "r", Delay: -time.Millisecond},
		"too large for a copy":      {Topic: "t", Ref: "r", Data: large},
		"too large for async":       {Topic: outbox.TopicAsync, Ref: "r", Data: large},
		"U+0000 escaped":            {Topic: "t", Ref: "r", Data: []byte(`{"a":["x\u0000y"]}`)},
		"U+0000 in a name":          {Topic: "t", Ref: "r", Data: []byte(`{"a\u0000":1}`)},
		"U+0000 behind a backslash": {Topic: "t", Ref: "r", Data: []byte(`"\\\u0000"`)},
		"U+0000 on hold":            {Topic: "held", Ref: "r", Data: []byte(`"\u0000"`)},
		"U+0000 as it is":           {Topic: "t", Ref: "r", Data: []byte("\"\x00\"")},
		"U+0000 in the ref":         {Topic: "t", Ref: "r\x00"},
		"not UTF-8":                 {Topic: "t", Ref: "r", Data: []byte("\"\xff\"")},
		"not JSON":                  {Topic: "t", Ref: "r", Data: []byte(`{"a":`)},
		"empty data":                {Topic: "t", Ref: "r", Data: []byte{}},
	}
	for name, entry := range tests {
		_, err := outbox.Create(t.Context(), f.pool, entry)
		require.ErrorIs(t, err, outbox.ErrInvalid, name)
	}
	// Go gives either a delay or a time; SQL could give more.
	for name, call := range map[string]string{
		"delay and due":         "SELECT eventlog_create('t', 'r', NULL, interval '1 second', now())",
		"infinite due":          "SELECT eventlog_create('t', 'r', due => 'infinity')",
		"minus infinite due":    "SELECT eventlog_create('t', 'r', due => '-infinity')",
		"topic NULL":            "SELECT eventlog_create(NULL, 'r')",
		"ref NULL":              "SELECT eventlog_create('t', NULL)",
		"delay to infinity":     "SELECT eventlog_create('t', 'r', delay => interval '300000 years')",
		"delay of minus months": "SELECT eventlog_create('t', 'r', delay => interval '-1 month')",
	} {
		_, err := f.pool.Exec(t.Context(), call)
		require.ErrorContains(t, err, "SQLSTATE 22", name)
	}
	require.Zero(t, f.count("SELECT count(*) FROM eventlog"), "something refused was written")
}

func TestCreateTakesWhatIsAtTheEdge(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold')")
	tests := map[string]outbox.NewEntry{
		"largest copy":         {Topic: "t", Ref: "r", Data: []byte(`"` + strings.Repeat("x", 512<<10-2) + `"`)},
		"larger on hold":       {Topic: "held", Ref: "r", Data: []byte(`"` + strings.Repeat("x", 2<<20) + `"`)},
		"escaped backslash":    {Topic: "t", Ref: "r", Data: []byte(`{"a":["c:\\u0000"]}`)},
		"two of them":          {Topic: "t", Ref: "r", Data: []byte(`"\\\\u0000"`)},
		"number beyond double": {Topic: "t", Ref: "r", Data: []byte(`[1e400, 12345678901234567890.10]`)},
		"duplicate names":      {Topic: "t", Ref: "r", Data: []byte(`{"a":1,"a":2}`)},
		"past":                 {Topic: "t", Ref: "r", Due: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		"far":                  {Topic: "t", Ref: "r", Delay: 290 * 365 * 24 * time.Hour},
		"long ref":             {Topic: "t", Ref: strings.Repeat("r", 2000)},
	}
	for name, entry := range tests {
		id, err := outbox.Create(t.Context(), f.pool, entry)
		require.NoError(t, err, name)
		data, err := f.store.Data(t.Context(), &outbox.Entry{ID: id})
		require.NoError(t, err, name)
		require.True(t, bytes.Equal(entry.Data, data), "%s: the data were changed", name)
	}
}

func TestADelayCountsFromTheCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tx := f.begin()
	_, err := tx.Exec(t.Context(), "SELECT pg_sleep(0.3)")
	require.NoError(t, err)
	_, err = outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "created", Ref: "r", Delay: 10 * time.Second})
	require.NoError(t, err)
	require.NoError(t, outbox.Insert(t.Context(), tx, []outbox.NewEntry{{Topic: "inserted", Ref: "r", Delay: 10 * time.Second}}))
	for _, topic := range []string{"created", "inserted"} {
		var seconds, sinceCreated float64
		require.NoError(t, tx.QueryRow(t.Context(), `
			SELECT extract(epoch FROM due - now())::float8, extract(epoch FROM due - created)::float8
			FROM eventlog WHERE topic = $1`, topic).Scan(&seconds, &sinceCreated))
		require.GreaterOrEqual(t, seconds, 10.3, "%s: seconds from the start of the transaction", topic)
		require.InDelta(t, 10, sinceCreated, 0.1, "%s: seconds from the creation", topic)
	}
}

func TestIDsAreVersion7AndInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	rows, err := f.pool.Query(t.Context(), "SELECT eventlog_id() FROM generate_series(1, 2000)")
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	seen := map[uuid.UUID]bool{}
	for i, id := range ids {
		require.Equal(t, uuid.Version(7), id.Version(), "%s", id)
		require.Equal(t, uuid.RFC4122, id.Variant(), "%s", id)
		require.False(t, seen[id], "%s is there twice", id)
		seen[id] = true
		if i > 0 {
			require.LessOrEqual(t, ids[i-1].String()[:13], id.String()[:13], "milliseconds go back")
		}
	}
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	seconds, nanos := id.Time().UnixTime()
	var created time.Time
	require.NoError(t, f.pool.QueryRow(t.Context(), "SELECT created FROM eventlog WHERE id = $1", id).Scan(&created))
	require.WithinDuration(t, created, time.Unix(seconds, nanos), 500*time.Millisecond)
}

func TestPoliciesAreTheSameInGoAndSQL(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`INSERT INTO eventlog_topic (pattern, policy) VALUES
		('a.*', 'hold'), ('a.b.*', 'copy'), ('a.b.c', 'hold'), ('exact', 'hold'), ('ä*', 'hold'), ('äö.*', 'copy'),
		('under_score', 'hold'), ('per%cent', 'hold'), ('async.*', 'hold'), ('lit*', 'hold'), ('lit*x', 'copy')`)
	topics, err := f.store.Topics(t.Context())
	require.NoError(t, err)
	for topic, want := range map[string]outbox.Policy{
		outbox.TopicAsync: outbox.PolicyAsync,
		"async.other":     outbox.PolicyHold,
		"other":           outbox.PolicyCopy,
		"a":               outbox.PolicyCopy,
		"a.":              outbox.PolicyHold,
		"a.x":             outbox.PolicyHold,
		"a.b.x":           outbox.PolicyCopy,
		"a.b.c":           outbox.PolicyHold,
		"a.b.c.d":         outbox.PolicyCopy,
		"exact":           outbox.PolicyHold,
		"exact.x":         outbox.PolicyCopy,
		"EXACT":           outbox.PolicyCopy,
		"ä.x":             outbox.PolicyHold,
		"äö.x":            outbox.PolicyCopy,
		"underXscore":     outbox.PolicyCopy,
		"perXcent":        outbox.PolicyCopy,
		"literal":         outbox.PolicyHold,
		"lit*x":           outbox.PolicyCopy,
		"":                outbox.PolicyCopy,
	} {
		var inSQL outbox.Policy
		require.NoError(t, f.pool.QueryRow(t.Context(), "SELECT eventlog_policy($1)", topic).Scan(&inSQL))
		require.Equal(t, want, inSQL, "in SQL: topic %q", topic)
		require.Equal(t, want, topics.Policy(topic), "in Go: topic %q", topic)
	}

	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('*', 'hold')")
	topics, err = f.store.Topics(t.Context())
	require.NoError(t, err)
	require.Equal(t, outbox.PolicyHold, topics.Policy("other"))
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog_topic WHERE eventlog_policy('other') = 'hold' AND pattern = '*'"))
}

func TestOnlyTheAsyncTopicIsAsync(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, statement := range []string{
		"INSERT INTO eventlog_topic (pattern, policy) VALUES ('mine', 'async')",
		"UPDATE eventlog_topic SET policy = 'hold' WHERE pattern = 'async.event'",
		"INSERT INTO eventlog_topic (pattern, policy) VALUES ('mine', 'unknown')",
	} {
		_, err := f.pool.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "SQLSTATE 23514", statement)
	}
}

func TestACommitNotifiesRelays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold')")
	listener, err := f.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), "LISTEN postlude_eventlog")
	require.NoError(t, err)
	notified := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n, err := listener.Conn().WaitForNotification(ctx)
		require.NoError(t, err)
		return n.Payload
	}
	// A marker is sent behind what is not to notify: if it comes first, nothing
	// was before it.
	silent := func(name string, write func()) {
		write()
		f.exec("SELECT pg_notify('postlude_eventlog', 'marker')")
		require.Equal(t, "marker", notified(), name)
	}

	tx := f.begin()
	_, err = outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "t", Ref: "r"})
	require.NoError(t, err)
	silent("before the commit", func() {})
	require.NoError(t, tx.Commit(t.Context()))
	require.Empty(t, notified())

	f.async("due within the horizon", 20*time.Second)
	require.Empty(t, notified())
	f.create(outbox.NewEntry{Topic: "t", Ref: "a copy with a short delay", Delay: 20 * time.Second})
	require.Empty(t, notified())

	silent("notify is off", func() {
		tx := f.begin()
		_, err := tx.Exec(t.Context(), "SET LOCAL postlude.notify = off")
		require.NoError(t, err)
		_, err = outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "t", Ref: "r"})
		require.NoError(t, err)
		require.NoError(t, tx.Commit(t.Context()))
	})
	silent("not to be looked at yet", func() {
		f.create(outbox.NewEntry{Topic: "t", Ref: "r", Delay: time.Hour})
		f.async("far", time.Hour)
	})
	silent("on hold", func() { f.create(outbox.NewEntry{Topic: "held", Ref: "r"}) })
}

func TestListenWakes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	woken := make(chan struct{}, 16)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.store.Listen(ctx, func() { woken <- struct{}{} }, zerolog.Nop())
	}()
	<-woken // it listens, and looks first for what was there before
	f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	select {
	case <-woken:
	case <-time.After(10 * time.Second):
		require.Fail(t, "not woken by a commit")
	}
	cancel()
	<-ended
}

func TestInsertWritesEntriesAsTheyAre(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due := time.Date(2040, 1, 2, 3, 4, 5, 678000, time.UTC)
	require.NoError(t, outbox.Insert(t.Context(), f.pool, nil))
	require.NoError(t, outbox.Insert(t.Context(), f.pool, []outbox.NewEntry{
		{Topic: outbox.TopicAsync, Ref: "delayed", Delay: time.Hour, ArmedBy: "tx1", Data: []byte(`{"a":[1.0]}`), Traceparent: "00-x"},
		{Topic: outbox.TopicAsync, Ref: "dated", Due: due, ArmedBy: "tx2"},
	}))
	delayed := list(t, f.pool, outbox.Selection{Ref: "delayed"})[0]
	require.Equal(t, `{"a":[1.0]}`, string(delayed.Data)) //nolint:testifylint // byte by byte
	require.Equal(t, "tx1", delayed.ArmedBy)
	require.Equal(t, "00-x", delayed.Traceparent)
	r := f.row(delayed.ID)
	requireNear(t, time.Hour, r.Due, "due")
	require.Equal(t, 30*time.Second, (r.Due - r.Dispatch).Round(time.Millisecond), "first looked at before it is due")
	dated := list(t, f.pool, outbox.Selection{Ref: "dated"})[0]
	require.True(t, due.Equal(dated.Due), "%s", dated.Due)
	require.Nil(t, dated.Data)
	require.Empty(t, dated.Traceparent)
}
