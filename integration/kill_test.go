package integration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// load is workitems whose own history says whether every event took effect
// once: orders run through three immediate async events, tickets escalate after
// two seconds unless they are answered.
type load struct {
	orders, unanswered, answered []string
}

func newLoad(n int) *load {
	return &load{orders: make([]string, n/2), unanswered: make([]string, n/4), answered: make([]string, n/4)}
}

func (l *load) size() int { return len(l.orders) + len(l.unanswered) + len(l.answered) }

// put creates the i-th workitem: every other an order, the rest tickets in turn.
func (l *load) put(c *cluster, i int) (err error) {
	switch n := i / 4; i % 4 {
	case 0, 2:
		l.orders[i/2], err = c.process(newWorkitem("order-1.0", 1000, 10))
	case 1:
		l.unanswered[n], err = c.process(newWorkitem("ticket-1.0", 1000, 10))
	case 3:
		if l.answered[n], err = c.process(newWorkitem("ticket-1.0", 1000, 10)); err == nil {
			_, err = c.process(workitem.Items{workitem.UniqueID: {l.answered[n]}, workitem.EventID: {int64(20)}})
		}
	}
	return err
}

// check reads every workitem's history: each event once, in order, none early,
// and each escalation that an answer overtook recorded as stale.
func (l *load) check(c *cluster) {
	t := c.t
	t.Helper()
	for _, id := range l.orders {
		require.Equal(t, "10 20 30 40", events(c.history(id)), "order %s", id)
	}
	for _, id := range l.unanswered {
		steps := c.history(id)
		require.Equal(t, "10 90", events(steps), "ticket %s", id)
		require.GreaterOrEqual(t, steps[1].at.Sub(steps[0].at), 2*time.Second, "ticket %s escalated early", id)
	}
	for _, id := range l.answered {
		require.Equal(t, "10 20", events(c.history(id)), "ticket %s", id)
	}
	var stale int
	require.NoError(t, c.pool.QueryRow(t.Context(),
		"SELECT count(DISTINCT ref) FROM eventlog_discarded WHERE reason = 'stale' AND ref = ANY($1) AND armed_by <> transaction_id", l.answered).Scan(&stale))
	require.Equal(t, len(l.answered), stale)
	var all int
	require.NoError(t, c.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog_discarded").Scan(&all))
	require.Equal(t, stale, all, "something else was discarded")
}

// TestKilledProcessesLoseAndRepeatNothing puts 2,000 workitems through an api, a
// relay and three workers, of which a worker and the relay are killed in the
// middle.
func TestKilledProcessesLoseAndRepeatNothing(t *testing.T) {
	c := newCluster(t, 3*time.Second)
	relay := c.start("outbox-relay")
	workers := []*program{c.start("async-worker"), c.start("async-worker"), c.start("async-worker")}
	l := newLoad(2000)
	c.clients(l.size(), func(i int) error {
		if i == l.size()/2 {
			workers[0].kill()
			relay.kill()
			c.start("outbox-relay")
			c.start("async-worker")
		}
		return l.put(c, i)
	})
	require.Eventually(t, func() bool { return c.pending() == 0 }, 60*time.Second, 50*time.Millisecond, "entries are left")
	l.check(c)
	t.Logf("%d workitems: %d async events took effect once, %d were overtaken and recorded as stale",
		l.size(), 3*len(l.orders)+len(l.unanswered), len(l.answered))
}
