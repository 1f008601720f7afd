package integration

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/workitem"
)

// imixsModel reads one of Imixs' own models, which are not part of this project:
// from the folder that POSTLUDE_CONFORMANCE names, or the one beside it.
func imixsModel(t *testing.T, name string) []byte {
	t.Helper()
	folder := cmp.Or(os.Getenv("POSTLUDE_CONFORMANCE"), filepath.Join("..", "..", "shared", "conformance"))
	source, err := os.ReadFile(filepath.Join(folder, "models", name))
	if os.IsNotExist(err) {
		t.Skipf("Imixs' models are not there (POSTLUDE_CONFORMANCE): %v", err)
	}
	require.NoError(t, err)
	return source
}

// TestImixsAsyncEventSimple: 100 -100-> 200, whose boundary event without a
// definition leads at once through 200 to 300.
func TestImixsAsyncEventSimple(t *testing.T) {
	t.Parallel()
	source := imixsModel(t, "imixs__asyncEventSimple.bpmn")
	c := newCluster(t, time.Minute)
	c.deploy(source)
	c.start("outbox-relay")
	c.start("async-worker")
	ids := make([]string, 50)
	c.clients(len(ids), func(i int) (err error) {
		ids[i], err = c.process(newWorkitem("1.0.0", 100, 100))
		return err
	})
	require.Eventually(t, func() bool { return c.pending() == 0 }, 30*time.Second, 20*time.Millisecond)
	for _, id := range ids {
		record, err := workitem.Load(t.Context(), c.pool, id)
		require.NoError(t, err)
		require.Equal(t, "100 200", events(c.history(id)))
		require.Equal(t, 300, record.Items.Int(workitem.TaskID))
		require.Equal(t, "Ticket", record.Items.Text(workitem.WorkflowGroup))
		require.Equal(t, "Intermediate Status 1", record.Items.Text(workitem.WorkflowStatus))
	}
}

// Nothing leads to task 100 of asyncEventSimple, so its timer of a second is
// armed as an SQL client would: a stored workitem, and an entry that carries its
// $transactionid.
func TestImixsAsyncEventSimpleFromTheTimerOn(t *testing.T) {
	t.Parallel()
	source := imixsModel(t, "imixs__asyncEventSimple.bpmn")
	c := newCluster(t, time.Minute)
	c.deploy(source)
	c.start("outbox-relay")
	c.start("async-worker")
	stored := newWorkitem("1.0.0", 100, 0)
	stored.Set(workitem.UniqueID, "from-sql")
	stored.Set(workitem.TransactionID, "5ca1ab1e")
	armed := time.Now()
	require.NoError(t, pgx.BeginFunc(t.Context(), c.pool, func(tx pgx.Tx) error {
		_, err := workitem.Write(t.Context(), tx, []*workitem.Record{{Items: stored, ArmedBy: "5ca1ab1e"}})
		require.NoError(t, err)
		_, err = eventlog.Create(t.Context(), tx, eventlog.Event{
			Topic: "async.event", Ref: "from-sql", Delay: time.Second,
			Data: json.RawMessage(`{"$eventid":[100],"$transactionid":["5ca1ab1e"],"timeduration":[1000]}`),
		})
		return err
	}))
	require.Eventually(t, func() bool { return c.pending() == 0 }, 30*time.Second, 20*time.Millisecond)
	steps := c.history("from-sql")
	require.Equal(t, "100 200", events(steps))
	require.GreaterOrEqual(t, steps[0].at.Sub(armed.Truncate(time.Millisecond)), time.Second)
}

// TestImixsTicket has no async events: its workitems arm nothing, and run as
// they do in Imixs.
func TestImixsTicket(t *testing.T) {
	t.Parallel()
	source := imixsModel(t, "imixs__ticket.bpmn")
	c := newCluster(t, time.Minute)
	c.deploy(source)
	c.start("outbox-relay")
	c.start("async-worker")
	id, err := c.process(newWorkitem("1.0.0", 1000, 10))
	require.NoError(t, err)
	for _, event := range []int{20, 20} { // accept, reopen with its follow-up
		_, err = c.process(workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(event)}})
		require.NoError(t, err)
	}
	require.Zero(t, c.pending())
	require.Equal(t, "10 20 20 40", events(c.history(id)))
	record, err := workitem.Load(t.Context(), c.pool, id)
	require.NoError(t, err)
	require.Equal(t, 1000, record.Items.Int(workitem.TaskID))
}
