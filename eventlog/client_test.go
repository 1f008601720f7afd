package eventlog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// server is an API, and what tests do behind its back.
type server struct {
	t       *testing.T
	address string
	async   func() (id string)
	publish func(id string)
}

// onServers runs a test against the fake and against the real API: so the other
// tests may trust the fake.
func onServers(t *testing.T, test func(s server)) {
	t.Helper()
	t.Run("fake", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		listening := httptest.NewServer(f)
		t.Cleanup(listening.Close)
		test(server{t, listening.URL, f.async, f.publish})
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		s := startAPI(t)
		s.t = t
		test(s)
	})
}

func (s server) client(tb testing.TB, o eventlog.Options) *eventlog.Client {
	tb.Helper()
	client, err := eventlog.NewClient(s.address, o)
	require.NoError(tb, err)
	tb.Cleanup(client.Close)
	return client
}

func withOwner(t *testing.T, c *eventlog.Client, owner string) *eventlog.Client {
	t.Helper()
	other, err := c.WithOwner(owner)
	require.NoError(t, err)
	return other
}

func create(t *testing.T, c *eventlog.Client, e eventlog.Event) string {
	t.Helper()
	id, err := c.Create(t.Context(), e)
	require.NoError(t, err)
	return id
}

func search(t *testing.T, c *eventlog.Client, q eventlog.Query) (ids []string) {
	t.Helper()
	entries, err := c.Search(t.Context(), q)
	require.NoError(t, err)
	return idsOf(entries)
}

func idsOf(entries []eventlog.Entry) (ids []string) {
	for i := range entries {
		ids = append(ids, entries[i].ID)
	}
	return ids
}

func TestAnEntryIsAsItWasCreated(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		due := time.Date(2020, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
		id := create(t, c, eventlog.Event{
			Topic: "invoice.sent", Ref: "2026-000123", Data: json.RawMessage(`{"amount":[12.50],"texts":["ä&<\u2028"]}`),
			Due: due, Delay: time.Hour, Traceparent: trace,
		})
		e, err := c.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, id, e.ID)
		require.Equal(t, "invoice.sent", e.Topic)
		require.Equal(t, "2026-000123", e.Ref)
		require.True(t, due.Equal(e.Due), "%s", e.Due)
		require.JSONEq(t, `{"amount":[12.50],"texts":["ä&<\u2028"]}`, string(e.Data))
		require.Equal(t, eventlog.Pending, e.State)
		require.Equal(t, trace, e.Traceparent)
		require.Empty(t, e.LockOwner)
		require.True(t, e.LockExpires.IsZero() && e.Published.IsZero())

		id = create(t, c, eventlog.Event{Topic: "t", Ref: "r", Delay: time.Hour + time.Microsecond})
		e, err = c.Get(t.Context(), id)
		require.NoError(t, err)
		require.Nil(t, e.Data)
		wait := e.Due.Sub(e.Created)
		require.GreaterOrEqual(t, wait, time.Hour+time.Microsecond, "not earlier than wanted")
		require.Less(t, wait, time.Hour+time.Minute)
	})
}

func TestNamesOfAnyShapeArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		for _, name := range []string{
			".", "..", "a/b", "a//b", "../../lock", "%2F", "a b", "ä€😀", "a?b=c&d", "#x", "lock", "entry", "' OR '1'='1", `"`, "+", ";", ":", "a\\b",
		} {
			id := create(t, c, eventlog.Event{Topic: name, Ref: name})
			e, err := c.Get(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, name, e.Topic)
			require.Equal(t, name, e.Ref)
			require.Equal(t, []string{id}, search(t, c, eventlog.Query{Topics: []string{name}}), name)
			require.Equal(t, []string{id}, search(t, c, eventlog.Query{Topics: []string{name, "none"}, Ref: name}), name)
			locked, err := c.LockDue(t.Context(), eventlog.LockQuery{Topic: name})
			require.NoError(t, err)
			require.Equal(t, []string{id}, idsOf(locked), name)
			require.NoError(t, c.Release(t.Context(), 0, name))
		}
	})
}

func TestWhatCannotBeAskedForIsRefused(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		for name, e := range map[string]eventlog.Event{
			"no topic":         {Ref: "r"},
			"no ref":           {Topic: "t"},
			"negative delay":   {Topic: "t", Ref: "r", Delay: -time.Second},
			"no JSON":          {Topic: "t", Ref: "r", Data: json.RawMessage("{")},
			"empty data":       {Topic: "t", Ref: "r", Data: json.RawMessage("")},
			"key in two lines": {Topic: "t", Ref: "r", IdempotencyKey: "a\r\nb: c"},
			"key in spaces":    {Topic: "t", Ref: "r", IdempotencyKey: " a"},
			"tilde":            {Topic: "a~b", Ref: "r"},
			"lock":             {Topic: "a.lock", Ref: "r"},
		} {
			_, err := c.Create(t.Context(), e)
			require.ErrorIs(t, err, eventlog.ErrInvalid, name)
		}
		for name, q := range map[string]eventlog.Query{
			"tilde":              {Topics: []string{"a~b"}},
			"locked tilde":       {Locked: []string{"a~b"}},
			"empty":              {Topics: []string{""}},
			"empty and locked":   {Locked: []string{""}},
			"due without topic":  {Due: true},
			"wait without topic": {Wait: time.Second},
			"wait and ref":       {Topics: []string{"t"}, Ref: "r", Wait: time.Second},
			"page size":          {PageSize: 1001},
			"negative page":      {Page: -1},
		} {
			_, err := c.Search(t.Context(), q)
			require.ErrorIs(t, err, eventlog.ErrInvalid, name)
		}
		_, err := c.LockDue(t.Context(), eventlog.LockQuery{})
		require.ErrorIs(t, err, eventlog.ErrInvalid)
		_, err = c.LockDue(t.Context(), eventlog.LockQuery{Topic: "t", Max: 101})
		require.ErrorIs(t, err, eventlog.ErrInvalid)
		_, err = c.LockDue(t.Context(), eventlog.LockQuery{Topic: "async.event"})
		require.Error(t, err)
		require.ErrorIs(t, c.Release(t.Context(), time.Second), eventlog.ErrInvalid)
		require.ErrorIs(t, c.Release(t.Context(), time.Second, "a~b"), eventlog.ErrInvalid)
		require.Empty(t, search(t, c, eventlog.Query{}), "nothing was created")
	})
}

func TestAKeyCreatesOneEntry(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		e := eventlog.Event{Topic: "t", Ref: "r", Data: json.RawMessage(`1`), Delay: time.Minute, IdempotencyKey: "payment 99"}
		id := create(t, c, e)
		require.Equal(t, id, create(t, c, e))
		require.NoError(t, c.Delete(t.Context(), id))
		require.Equal(t, id, create(t, c, e), "and it stays gone")
		require.Empty(t, search(t, c, eventlog.Query{}))
		e.Data = json.RawMessage(`2`)
		_, err := c.Create(t.Context(), e)
		require.ErrorIs(t, err, eventlog.ErrKeyReused)
		e.IdempotencyKey = ""
		id = create(t, c, e)
		require.NotEqual(t, id, create(t, c, e), "two calls are two entries")
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		var a, b []string
		for i := range 5 {
			a = append(a, create(t, c, eventlog.Event{Topic: "a", Ref: fmt.Sprint(i)}))
			b = append(b, create(t, c, eventlog.Event{Topic: "b", Ref: fmt.Sprint(i), Delay: time.Hour}))
		}
		_, err := c.Lock(t.Context(), a[4], 0)
		require.NoError(t, err)
		for name, want := range map[string]struct {
			query eventlog.Query
			ids   []string
		}{
			"a topic":         {eventlog.Query{Topics: []string{"a"}}, a[:4]},
			"locked":          {eventlog.Query{Locked: []string{"a"}}, a[4:]},
			"free and locked": {eventlog.Query{Topics: []string{"a"}, Locked: []string{"a"}}, a},
			"due":             {eventlog.Query{Topics: []string{"a", "b"}, Due: true}, a[:4]},
			"a ref":           {eventlog.Query{Ref: "1"}, []string{a[1], b[1]}},
			"of a topic":      {eventlog.Query{Topics: []string{"b"}, Ref: "1"}, b[1:2]},
			"a page":          {eventlog.Query{Topics: []string{"b"}, PageSize: 2, Page: 1}, b[2:4]},
			"behind the end":  {eventlog.Query{PageSize: 10, Page: 1}, nil},
			"a wait in vain":  {eventlog.Query{Topics: []string{"none"}, Wait: time.Millisecond}, nil},
			"no wait":         {eventlog.Query{Topics: []string{"b"}, Wait: 20 * time.Second}, b},
		} {
			require.Equal(t, want.ids, search(t, c, want.query), name)
		}
		for _, size := range []int{0, 1, 3, 10} {
			var walked []string
			for e, err := range c.Entries(t.Context(), eventlog.Query{PageSize: size}) {
				require.NoError(t, err)
				walked = append(walked, e.ID)
			}
			require.Len(t, walked, 10)
			require.ElementsMatch(t, append(slices.Clone(a), b...), walked)
		}
		steps := 0
		for _, err := range c.Entries(t.Context(), eventlog.Query{PageSize: 2000}) {
			require.ErrorIs(t, err, eventlog.ErrInvalid)
			steps++
		}
		require.Equal(t, 1, steps)
		for range c.Entries(t.Context(), eventlog.Query{PageSize: 1}) {
			break
		}
	})
}

func TestLocksHaveOneOwner(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		ctx := t.Context()
		ours := s.client(t, eventlog.Options{})
		other := withOwner(t, ours, "other")
		id := create(t, ours, eventlog.Event{Topic: "t", Ref: "r"})

		_, err := ours.Extend(ctx, id, time.Minute)
		require.ErrorIs(t, err, eventlog.ErrNotLocked)
		require.ErrorIs(t, ours.Unlock(ctx, id), eventlog.ErrNotLocked)
		require.ErrorIs(t, ours.DeleteLocked(ctx, id), eventlog.ErrNotLocked)

		lock, err := ours.Lock(ctx, id, time.Minute)
		require.NoError(t, err)
		require.Equal(t, id, lock.ID)
		require.True(t, strings.HasSuffix(lock.Owner, "/"+ours.Owner()), lock.Owner)
		longer, err := ours.Extend(ctx, id, time.Hour)
		require.NoError(t, err)
		require.Greater(t, longer.Expires.Sub(lock.Expires), 50*time.Minute)
		seen, err := other.Get(ctx, id)
		require.NoError(t, err)
		require.Equal(t, lock.Owner, seen.LockOwner)
		require.True(t, longer.Expires.Equal(seen.LockExpires))

		_, err = ours.Lock(ctx, id, time.Minute)
		require.ErrorIs(t, err, eventlog.ErrLocked, "not even its owner")
		_, err = other.Lock(ctx, id, time.Minute)
		require.ErrorIs(t, err, eventlog.ErrLocked)
		_, err = other.Extend(ctx, id, time.Minute)
		require.ErrorIs(t, err, eventlog.ErrNotYours)
		require.ErrorIs(t, other.Unlock(ctx, id), eventlog.ErrNotYours)
		require.ErrorIs(t, other.DeleteLocked(ctx, id), eventlog.ErrNotYours)
		require.ErrorIs(t, other.Delete(ctx, id), eventlog.ErrNotYours)
		require.ErrorIs(t, ours.Delete(ctx, id), eventlog.ErrNotYours)
		require.ErrorIs(t, other.Cancel(ctx, id), eventlog.ErrLocked)

		require.NoError(t, ours.Unlock(ctx, id))
		_, err = other.Lock(ctx, id, 0)
		require.NoError(t, err)
		require.NoError(t, other.DeleteLocked(ctx, id))
		_, err = ours.Get(ctx, id)
		require.ErrorIs(t, err, eventlog.ErrNotFound)

		id = create(t, ours, eventlog.Event{Topic: "t", Ref: "r"})
		_, err = ours.Lock(ctx, id, time.Hour)
		require.NoError(t, err)
		require.NoError(t, other.Release(ctx, 0, "u", "t"))
		require.Equal(t, []string{id}, search(t, ours, eventlog.Query{Topics: []string{"t"}}))
		require.NoError(t, other.Delete(ctx, id))
	})
}

func TestAnExpiredLockIsNoneButItsWorkCounts(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		lockShortly := func() string {
			id := create(t, c, eventlog.Event{Topic: "t", Ref: "r"})
			_, err := c.Lock(t.Context(), id, time.Millisecond)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				e, err := c.Get(t.Context(), id)
				return err == nil && e.LockOwner == ""
			}, 5*time.Second, time.Millisecond)
			return id
		}
		id := lockShortly()
		_, err := c.Extend(t.Context(), id, time.Minute)
		require.ErrorIs(t, err, eventlog.ErrNotLocked)
		require.NoError(t, c.DeleteLocked(t.Context(), id))
		id = lockShortly()
		_, err = withOwner(t, c, "other").Lock(t.Context(), id, time.Hour)
		require.NoError(t, err)
		require.ErrorIs(t, c.DeleteLocked(t.Context(), id), eventlog.ErrNotYours)
	})
}

func TestLockDue(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		past := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		second := create(t, c, eventlog.Event{Topic: "t", Ref: "r", Due: past.Add(time.Hour)})
		first := create(t, c, eventlog.Event{Topic: "t", Ref: "r", Due: past, Data: json.RawMessage(`{"a":[1]}`)})
		third := create(t, c, eventlog.Event{Topic: "t", Ref: "r"})
		create(t, c, eventlog.Event{Topic: "t", Ref: "r", Delay: time.Hour})
		create(t, c, eventlog.Event{Topic: "u", Ref: "r"})
		lock := func(most int, wait time.Duration) []eventlog.Entry {
			locked, err := c.LockDue(t.Context(), eventlog.LockQuery{Topic: "t", Max: most, Lease: time.Minute, Wait: wait})
			require.NoError(t, err)
			return locked
		}
		got := lock(2, 0)
		require.Equal(t, []string{first, second}, idsOf(got))
		require.JSONEq(t, `{"a":[1]}`, string(got[0].Data))
		require.True(t, strings.HasSuffix(got[0].LockOwner, "/"+c.Owner()))
		require.Equal(t, []string{third}, idsOf(lock(0, 20*time.Second)))
		require.Empty(t, lock(0, time.Millisecond))

		waited := make(chan []eventlog.Entry)
		go func() {
			locked, err := c.LockDue(t.Context(), eventlog.LockQuery{Topic: "t", Wait: 20 * time.Second})
			if err != nil {
				t.Error(err)
			}
			waited <- locked
		}()
		late := create(t, c, eventlog.Event{Topic: "t", Ref: "r", Delay: 100 * time.Millisecond})
		require.Equal(t, []string{late}, idsOf(<-waited))
	})
}

func TestCancelAndFire(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		ctx := t.Context()
		c := s.client(t, eventlog.Options{})
		id := create(t, c, eventlog.Event{Topic: "t", Ref: "r", Delay: time.Hour})
		require.Empty(t, search(t, c, eventlog.Query{Topics: []string{"t"}, Due: true}))
		require.NoError(t, c.Fire(ctx, id))
		require.Equal(t, []string{id}, search(t, c, eventlog.Query{Topics: []string{"t"}, Due: true}))
		require.NoError(t, c.Cancel(ctx, id))
		require.ErrorIs(t, c.Cancel(ctx, id), eventlog.ErrNotFound)
		require.ErrorIs(t, c.Fire(ctx, id), eventlog.ErrNotFound)

		id = create(t, c, eventlog.Event{Topic: "t", Ref: "r"})
		s.publish(id)
		require.ErrorIs(t, c.Cancel(ctx, id), eventlog.ErrPublished)
		require.ErrorIs(t, c.Fire(ctx, id), eventlog.ErrPublished)
		e, err := c.Get(ctx, id)
		require.NoError(t, err)
		require.Equal(t, eventlog.Published, e.State)
		require.False(t, e.Published.IsZero())
	})
}

func TestWorkersOwnAsyncEvents(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		ctx := t.Context()
		c := s.client(t, eventlog.Options{})
		id := s.async()
		e, err := c.Get(ctx, id)
		require.NoError(t, err)
		require.Equal(t, "t", e.ArmedBy)
		_, err = c.Lock(ctx, id, 0)
		require.ErrorIs(t, err, eventlog.ErrAsync)
		require.ErrorIs(t, c.Unlock(ctx, id), eventlog.ErrAsync)
		require.ErrorIs(t, c.Delete(ctx, id), eventlog.ErrAsync)
		require.NoError(t, c.Fire(ctx, id))
		require.NoError(t, c.Cancel(ctx, id))
	})
}

func TestAnIDThatThereIsNot(t *testing.T) {
	t.Parallel()
	onServers(t, func(s server) {
		t := s.t
		c := s.client(t, eventlog.Options{})
		for _, id := range []string{"", "..", "x", "a/b", uuid.NewString()} {
			for name, try := range map[string]func(context.Context, string) error{
				"get":           func(ctx context.Context, id string) error { _, err := c.Get(ctx, id); return err },
				"lock":          func(ctx context.Context, id string) error { _, err := c.Lock(ctx, id, 0); return err },
				"extend":        func(ctx context.Context, id string) error { _, err := c.Extend(ctx, id, 0); return err },
				"unlock":        c.Unlock,
				"delete":        c.Delete,
				"delete locked": c.DeleteLocked,
				"cancel":        c.Cancel,
				"fire":          c.Fire,
			} {
				require.ErrorIs(t, try(t.Context(), id), eventlog.ErrNotFound, "%s %q", name, id)
			}
		}
		_, err := c.Get(t.Context(), uuid.NewString())
		var answer *eventlog.Error
		require.ErrorAs(t, err, &answer)
		require.Equal(t, 404, answer.Status)
		require.Equal(t, "NOT_FOUND", answer.Code)
		require.NotErrorIs(t, err, eventlog.ErrLocked)
	})
}

func TestAddressesAndOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	token := func(context.Context) (string, error) { return "", nil }
	for _, address := range []string{"", "localhost:8080", "ftp://host", "http://", "https://host?x=1", "https://host#x", "https://anna:secret@host", "http://\x00"} {
		_, err := eventlog.NewClient(address, eventlog.Options{})
		require.ErrorIs(t, err, eventlog.ErrInvalid, address)
		require.NotContains(t, err.Error(), "secret")
	}
	for want, o := range map[string]eventlog.Options{
		"a user name and tokens": {Username: "anna", Token: token},
		"no user name":           {Password: "secret"},
		"a colon":                {Username: "an:na", Password: "secret"},
		"200 bytes":              {Owner: strings.Repeat("x", 201)},
		"a pause":                {Pause: -1},
		"pause":                  {MaxPause: -1},
		"timeout":                {Timeout: -1},
	} {
		_, err := eventlog.NewClient("http://host", o)
		require.ErrorIs(t, err, eventlog.ErrInvalid)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
	one, err := eventlog.NewClient("http://host", eventlog.Options{})
	require.NoError(t, err)
	two, err := eventlog.NewClient("http://host", eventlog.Options{})
	require.NoError(t, err)
	require.NotEqual(t, one.Owner(), two.Owner())
	require.Equal(t, "x", withOwner(t, one, "x").Owner())
	anew := withOwner(t, one, "").Owner()
	require.NotEmpty(t, anew, "nobody shares the locks of all who give no name")
	require.NotEqual(t, one.Owner(), anew)
	_, err = one.WithOwner(strings.Repeat("x", 201))
	require.ErrorIs(t, err, eventlog.ErrInvalid)
}
