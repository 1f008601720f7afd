package integration

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// waiting is a request that waits.
type waiting struct {
	t     testing.TB
	began time.Time
	ended chan ended
}

type ended struct {
	reply reply
	err   error
	at    time.Time
}

// wait sends a request that waits, and returns when it does.
func (c *client) wait(method, path string) *waiting {
	c.t.Helper()
	w := &waiting{t: c.t, began: time.Now(), ended: make(chan ended, 1)}
	go func() {
		got, err := c.try(method, path, "")
		w.ended <- ended{got, err, time.Now()}
	}()
	select {
	case e := <-w.ended:
		require.Fail(c.t, "it does not wait", "%v %s", e.err, e.reply.body)
	case <-time.After(300 * time.Millisecond):
	}
	return w
}

// end returns the answer and when it came.
func (w *waiting) end() (reply, time.Time) {
	w.t.Helper()
	select {
	case e := <-w.ended:
		require.NoError(w.t, e.err)
		return e.reply, e.at
	case <-time.After(30 * time.Second):
		require.FailNow(w.t, "no answer")
	}
	return reply{}, time.Time{}
}

// within is how late an answer may be.
const within = time.Second

var waits = map[string]struct{ method, path string }{
	"list":          {http.MethodGet, "/api/eventlog/t?wait=20s"},
	"list of some":  {http.MethodGet, "/api/eventlog/other~t?wait=20000"},
	"list of due":   {http.MethodGet, "/api/eventlog/t?due=true&wait=PT20S"},
	"lock what due": {http.MethodPost, "/api/eventlog/lock?topic=t&wait=20s"},
}

func TestWhoWaitsIsAnsweredWhenAnEntryIsCreated(t *testing.T) {
	t.Parallel()
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native := newCluster(t, time.Minute).native()
			native.created("another/r", "")
			w := native.wait(wait.method, wait.path)
			created := time.Now()
			id := native.created("t/r", "")
			got, at := w.end()
			require.Less(t, at.Sub(created), within)
			require.Len(t, got.entries(), 1)
			require.Equal(t, id, got.entries()[0].ID)
		})
	}
}

func TestWhoWaitsIsAnsweredWhenAnEntryIsDue(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"list of due", "lock what due"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native := newCluster(t, time.Minute).native()
			w := native.wait(waits[name].method, waits[name].path)
			due := native.entry(native.created("t/r?delay=1500ms", "")).Due
			got, at := w.end()
			require.Len(t, got.entries(), 1)
			require.GreaterOrEqual(t, at.Sub(due), time.Duration(0), "early")
			require.Less(t, at.Sub(due), within)
		})
	}
}

// What comes back from another's lock is as good as new.
func TestWhoWaitsIsAnsweredWhenALockEnds(t *testing.T) {
	t.Parallel()
	native := newCluster(t, time.Minute).native()
	id := native.created("t/r", "")
	native.post("/api/eventlog/lock/" + id + "?owner=first&lease=1s").is(http.StatusOK)
	expires := *native.entry(id).LockExpires
	got, at := native.wait(http.MethodPost, "/api/eventlog/lock?topic=t&owner=second&wait=20s").end()
	require.Len(t, got.entries(), 1)
	require.Equal(t, "anonymous/second", got.entries()[0].LockOwner)
	require.GreaterOrEqual(t, at.Sub(expires), time.Duration(0), "early")
	require.Less(t, at.Sub(expires), within)
}

func TestWaitingEndsWithAnEmptyList(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for _, path := range []string{"/api/eventlog/t?wait=1s", "/api/eventlog/t?due=true&wait=1s"} {
		w := c.native().wait(http.MethodGet, path)
		got, at := w.end()
		require.GreaterOrEqual(t, at.Sub(w.began), time.Second)
		require.Less(t, at.Sub(w.began), time.Second+within)
		got.is(http.StatusOK).says(`{"entries":[]}`)
	}
	c.imixs(imixsForms["XML"]).get("/api/eventlog/t?wait=500ms").is(http.StatusOK).says(xmlData + "/>")
	c.imixs(imixsForms["JSON"]).post("/api/eventlog/lock?topic=t&wait=500ms").is(http.StatusOK).says(`{"document":[]}`)
}

// An API that is told to stop keeps nobody waiting.
func TestWaitingEndsWhenTheAPIStops(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	api, native := c.anotherAPI()
	var waiters []*waiting
	for _, wait := range waits {
		waiters = append(waiters, native.wait(wait.method, wait.path))
	}
	told := time.Now()
	require.NoError(t, api.cmd.Process.Signal(syscall.SIGTERM))
	for _, w := range waiters {
		got, at := w.end()
		got.is(http.StatusOK).says(`{"entries":[]}`)
		require.Less(t, at.Sub(told), 2*within)
	}
	select {
	case <-api.done:
		require.NoError(t, api.err)
	case <-time.After(5 * time.Second):
		require.Fail(t, "it has nothing more to do, and does not end")
	}
}

// Many may wait at the same time, and each entry goes to one of them.
func TestManyWaitForFewEntries(t *testing.T) {
	t.Parallel()
	const waiters, entries = 200, 20
	native := newCluster(t, time.Minute).native()
	got := make(chan reply, waiters)
	for range waiters {
		go func() {
			answer, err := native.try(http.MethodPost, "/api/eventlog/lock?topic=t&maxCount=1&wait=4s", "")
			if err != nil {
				t.Error(err)
			}
			got <- answer
		}()
	}
	<-time.After(500 * time.Millisecond)
	for range entries {
		native.created("t/r", "")
	}
	locked := map[string]int{}
	for range waiters {
		for _, e := range (<-got).entries() {
			locked[e.ID]++
		}
	}
	require.Len(t, locked, entries)
	for id, n := range locked {
		require.Equal(t, 1, n, id)
	}
}
