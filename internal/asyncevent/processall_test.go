package asyncevent_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// ringing gives the bed a processor that counts how often it rings.
func (b *bed) ringing() *atomic.Int64 {
	b.t.Helper()
	clock, err := asyncevent.NewClock(b.t.Context(), b.pool)
	require.NoError(b.t, err)
	var rung atomic.Int64
	b.Processor = asyncevent.NewProcessor(asyncevent.Config{
		Pool: b.pool, Catalog: catalog.New(b.pool), Clock: clock, Enabled: true, Log: zerolog.Nop(),
		Kernel: &workflow.Kernel{Plugins: map[string]workflow.Plugin{"org.imixs.test.Touch": touch{}}},
		Ring:   func() { rung.Add(1) },
	})
	return &rung
}

func fresh(more workitem.Items) workitem.Items {
	items := workitem.Items{workitem.ModelVersion: {"touch-1.0"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)}}
	items.Merge(more)
	return items
}

// consistent requires that each workitem has one armed entry, which is current.
func (b *bed) consistent(workitems int) {
	b.t.Helper()
	require.Equal(b.t, workitems, b.count(`SELECT count(*) FROM workitem`))
	require.Equal(b.t, workitems, b.count(`SELECT count(*) FROM eventlog WHERE topic = 'async.event'`))
	require.Equal(b.t, workitems, b.count(`SELECT count(*) FROM eventlog e JOIN workitem w ON w.uniqueid = e.ref AND w.armed_by = e.armed_by`))
}

func TestSeveralAreProcessedInOneTransaction(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	rung := b.ringing()
	stored := b.create("touch-1.0", nil)
	armed := b.entries(stored)[0]
	require.EqualValues(t, 1, rung.Load())

	given := []workitem.Items{fresh(workitem.Items{"n": {int64(1)}}), event(stored, 20), fresh(workitem.Items{workitem.UniqueID: {"mine"}})}
	before := given[1].Clone()
	got, err := b.ProcessAllBy(t.Context(), given, asyncevent.By{Editor: "anna"})
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.Equal(t, 1, got[0].Int("n"))
	require.Equal(t, stored, got[1].Text(workitem.UniqueID))
	require.Equal(t, "mine", got[2].Text(workitem.UniqueID))
	require.Equal(t, before, given[1], "the given items are not changed")
	for _, items := range got {
		id := items.Text(workitem.UniqueID)
		require.Equal(t, b.load(id).Items, items, "as it is stored")
	}
	require.Equal(t, "10 20", b.path(stored))
	require.EqualValues(t, 2, b.load(stored).Version)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog_discarded WHERE ref = $1 AND armed_by = $2`, stored, armed.ArmedBy))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog_discarded`))
	b.consistent(3)
	require.Equal(t, 1, b.count(`SELECT count(DISTINCT xmin::text) FROM workitem`), "one transaction")
	require.EqualValues(t, 2, rung.Load(), "one wake-up")
}

func TestOneOfSeveralFailsAndNothingIsStored(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	stored := b.create("touch-1.0", nil)
	rung := b.ringing()
	before, armed := b.load(stored), b.entries(stored)
	for name, c := range map[string]struct {
		third workitem.Items
		by    asyncevent.By
		check func(err error)
	}{
		"an event that is not callable": {third: event(stored, 77), check: func(err error) {
			require.Equal(t, workflow.UndefinedModelEntry, workflow.ErrorCode(err))
			require.ErrorContains(t, err, "document 3 ("+stored+"): UNDEFINED_MODEL_ENTRY")
		}},
		"a new one without a model": {third: workitem.Items{workitem.EventID: {int64(10)}}, check: func(err error) {
			require.ErrorIs(t, err, workflow.ErrNotAllowed)
			require.ErrorContains(t, err, "document 3: ")
		}},
		"a fault of a plugin": {third: fresh(workitem.Items{"touch": {stored, "nobody"}}), check: func(err error) {
			require.Equal(t, workflow.PluginError, workflow.ErrorCode(err))
		}},
		"a text that cannot be stored": {third: fresh(workitem.Items{"n": {"\x00"}}), check: func(err error) {
			var text *workitem.TextError
			require.ErrorAs(t, err, &text)
		}},
		"a right that is missing": {third: fresh(workitem.Items{"touch": {"berts"}}), by: (&anna{create: true}).by(), check: func(err error) {
			var refused *refusal
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "berts", refused.id)
		}},
	} {
		if c.by.Allow != nil {
			_, err := b.Process(t.Context(), fresh(workitem.Items{workitem.UniqueID: {"berts"}, "owner": {"bert"}}), "bert")
			require.NoError(t, err)
		}
		stays := b.count(`SELECT count(*) FROM workitem`)
		rang := rung.Load()
		given := []workitem.Items{fresh(nil), fresh(workitem.Items{"topic": {"orders.Done"}}), c.third, fresh(nil), event(stored, 20)}
		_, err := b.ProcessAllBy(t.Context(), given, c.by)
		var document *asyncevent.DocumentError
		require.ErrorAs(t, err, &document, name)
		require.Equal(t, 3, document.Index, name)
		require.Equal(t, c.third.Text(workitem.UniqueID), document.UniqueID, name)
		c.check(err)
		require.Equal(t, rang, rung.Load(), name)
		b.consistent(stays)
	}
	require.Equal(t, before, b.load(stored))
	require.Equal(t, armed, withoutPause(b.entries(stored), armed))
	require.Zero(t, b.count(`SELECT count(*) FROM eventlog_discarded`))
}

func TestALaterDocumentSeesWhatEarlierOnesHaveLeft(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	touched, twice := b.create("touch-1.0", nil), b.create("touch-1.0", nil)
	armed := b.entries(twice)[0].ArmedBy
	again := event(twice, 10)
	again.Set("n", 2)
	mine := event("mine", 20)
	mine.Set(workitem.TaskID, 1000)
	got, err := b.ProcessAllBy(t.Context(), []workitem.Items{
		event(twice, 20),
		again,
		fresh(workitem.Items{"touch": {touched, twice}, "topic": {"orders.Done"}}),
		event(touched, 20),
		fresh(workitem.Items{workitem.UniqueID: {"mine"}}),
		mine,
		event("mine", 20),
	}, asyncevent.By{Editor: "anna"})
	require.NoError(t, err)
	require.Len(t, got, 7)
	require.Equal(t, got[0], got[1], "as it is at last")
	require.Equal(t, b.load(twice).Items, got[0])
	require.Equal(t, "10 20 10 20", b.path(twice))
	require.Equal(t, got[2].Text(workitem.UniqueID), got[0].Text("by"))
	require.Equal(t, 2, got[0].Int("n"))
	require.Equal(t, "10 20 20", b.path(touched))
	require.Equal(t, "10 20 20", b.path("mine"))
	require.EqualValues(t, 2, b.load(twice).Version, "one write")
	require.EqualValues(t, 1, b.load("mine").Version)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog_discarded WHERE ref = $1 AND armed_by = $2`, twice, armed))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM eventlog_discarded`), "what was never written was not discarded")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog WHERE topic = 'orders.Done'`))
	_, err = b.pool.Exec(t.Context(), `DELETE FROM eventlog WHERE topic = 'orders.Done'`)
	require.NoError(t, err)
	b.consistent(4)
	require.Equal(t, asyncevent.Processed, b.alone(b.entries(twice)[0].ID), "what was armed last is current")

	// The task is the one that the earlier document has led to.
	wrong := event(touched, 20)
	wrong.Set(workitem.TaskID, 2000)
	_, err = b.ProcessAllBy(t.Context(), []workitem.Items{event(touched, 20), wrong}, asyncevent.By{})
	require.ErrorIs(t, err, workflow.ErrTask)
}

// Rights too are those that the earlier documents have left.
func TestALaterDocumentNeedsTheRightsThatEarlierOnesHaveLeft(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	id := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	given := event(id, 20)
	given.Set("owner", "bert")
	_, err := b.ProcessAllBy(t.Context(), []workitem.Items{given, event(id, 20)}, (&anna{}).by())
	var document *asyncevent.DocumentError
	require.ErrorAs(t, err, &document)
	require.Equal(t, 2, document.Index)
	var refused *refusal
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "10", b.path(id))
}

func TestHowManyDocuments(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	rung := b.ringing()
	got, err := b.ProcessAllBy(t.Context(), nil, asyncevent.By{})
	require.NoError(t, err)
	require.Empty(t, got)
	given := make([]workitem.Items, asyncevent.MaxDocuments+1)
	for i := range given {
		given[i] = fresh(nil)
	}
	_, err = b.ProcessAllBy(t.Context(), given, asyncevent.By{})
	require.ErrorIs(t, err, asyncevent.ErrTooMany)
	b.consistent(0)
	_, err = b.ProcessAllBy(t.Context(), given[1:], asyncevent.By{})
	require.NoError(t, err)
	b.consistent(asyncevent.MaxDocuments)
	require.EqualValues(t, 1, rung.Load())
}

func TestAConflictOfOneIsAConflictOfAll(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	free, locked := b.create("touch-1.0", nil), b.create("touch-1.0", nil)
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it has ended
	_, err = tx.Exec(t.Context(), `SELECT FROM workitem WHERE uniqueid = $1 FOR UPDATE`, locked)
	require.NoError(t, err)
	given := []workitem.Items{fresh(nil), event(free, 20), event(locked, 20)}
	_, err = b.ProcessAllBy(t.Context(), given, asyncevent.By{})
	require.ErrorIs(t, err, asyncevent.ErrConflict)
	require.NoError(t, tx.Rollback(t.Context()))
	b.consistent(2)
	require.Equal(t, "10", b.path(free))
	_, err = b.ProcessAllBy(t.Context(), given, asyncevent.By{})
	require.NoError(t, err)
	b.consistent(3)
}

// TestAllAtOnce has several process the same workitems, all in orders of their
// own, and one by one: each takes effect once or not at all, and nobody waits for
// ever.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	const n = 5
	ids := make([]string, n)
	for i := range ids {
		ids[i] = b.create("touch-1.0", nil)
	}
	var processed atomic.Int64
	var wg sync.WaitGroup
	for i := range 4 * n {
		wg.Go(func() {
			given := make([]workitem.Items, 0, n)
			for j := range n {
				given = append(given, event(ids[(i*(1+i%3)+j*(1+i%(n-1)))%n], 20))
			}
			if i%4 == 0 {
				given = given[:1]
			}
			for range 500 {
				var err error
				if len(given) == 1 {
					_, err = b.ProcessBy(t.Context(), given[0], asyncevent.By{})
				} else {
					_, err = b.ProcessAllBy(t.Context(), given, asyncevent.By{})
				}
				if err == nil {
					processed.Add(int64(len(given)))
					return
				}
				if !errors.Is(err, asyncevent.ErrConflict) {
					t.Errorf("process: %v", err)
					return
				}
				time.Sleep(time.Millisecond) //nolint:forbidigo // somebody else is at it
			}
			t.Error("no way through")
		})
	}
	wg.Wait()
	events := int64(0)
	for _, id := range ids {
		events += int64(len(strings.Fields(b.path(id))) - 1)
	}
	require.Equal(t, processed.Load(), events, "each processing shows in the history")
	require.EqualValues(t, n+3*n*n, processed.Load())
	b.consistent(n)
}

// Two that make the same new workitem: one of them does.
func TestTwoThatCreateTheSame(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	var done, conflicts atomic.Int64
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range 8 {
		wg.Go(func() {
			given := []workitem.Items{fresh(workitem.Items{workitem.UniqueID: {"a"}}), fresh(workitem.Items{workitem.UniqueID: {"b"}})}
			if i%2 == 0 {
				given[0], given[1] = given[1], given[0]
			}
			<-begin
			_, err := b.ProcessAllBy(t.Context(), given, asyncevent.By{})
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, asyncevent.ErrConflict):
				conflicts.Add(1)
			default:
				t.Errorf("process: %v", err)
			}
		})
	}
	close(begin)
	wg.Wait()
	require.EqualValues(t, 8, done.Load()+conflicts.Load())
	require.Len(t, strings.Fields(b.path("a")), int(done.Load()), "a later one processes what is there")
	b.consistent(2)
}
