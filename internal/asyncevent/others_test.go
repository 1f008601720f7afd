package asyncevent_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// touch is a plugin that processes event 20 on the workitems that the item
// "touch" names, creates one if "create" says so, and writes an entry of the
// topic in "topic".
type touch struct{}

func (touch) Run(ctx context.Context, s *workflow.Step) error {
	if s.Element.ID == 20 || s.Element.ID == 31 {
		return nil // it is touched itself, or has touched
	}
	for _, id := range s.Items.Values("touch") {
		other, err := s.Workitem(ctx, workitem.FormatValue(id))
		if err != nil {
			return err
		}
		if other == nil {
			return errors.New("no such workitem")
		}
		other.Set(workitem.EventID, 20)
		other.Set("by", s.Items.Text(workitem.UniqueID))
		if _, err := s.Process(ctx, other); err != nil {
			return err
		}
	}
	if s.Items.Bool("create") {
		_, err := s.Process(ctx, workitem.Items{
			workitem.ModelVersion: s.Items.Values(workitem.ModelVersion), workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)},
			"origin": {s.Items.Text(workitem.UniqueID)},
		})
		if err != nil {
			return err
		}
	}
	if topic := s.Items.Text("topic"); topic != "" {
		s.Create(workflow.Entry{Topic: topic, Ref: s.Items.Text(workitem.UniqueID), Data: workitem.Items{"a": {"b"}}})
	}
	return nil
}

// touching is a model with the plugin: 10 leads from 1000 to 1000, or by a
// boundary event to 30 and 2000 where it runs again; 20 stays on 1000.
func touching() *drawing {
	d := draw("touch-1.0").task(1000).task(2000).event(10).event(20).event(30).
		boundary("b", 1000, "", true).
		flow("t1000", "e10", "t1000").flow("t1000", "e20", "t1000").flow("b", "e30", "t2000")
	d.plugins = []string{"org.imixs.test.Touch"}
	return d
}

// touchingWithAdapter is touching with an adapter behind 30, at 31.
func touchingWithAdapter() *drawing {
	d := draw("touch-2.0").task(1000).task(2000).event(10).event(20).event(30).
		add(`<bpmn2:intermediateCatchEvent id="e31" imixs:activityid="31"><bpmn2:signalEventDefinition signalRef="s"/></bpmn2:intermediateCatchEvent>`).
		boundary("b", 1000, "", true).
		flow("t1000", "e10", "t1000").flow("t1000", "e20", "t1000").flow("b", "e30", "e31", "t2000")
	d.plugins = []string{"org.imixs.test.Touch"}
	d.signal = "org.imixs.test.Slow"
	return d
}

func newTouchBed(t *testing.T) *bed {
	t.Helper()
	b := newBed(t, touching())
	b.Processor = touchProcessor(t, b.pool, nil)
	return b
}

func touchProcessor(t *testing.T, pool *pgxpool.Pool, adapter workflow.Adapter) *asyncevent.Processor {
	t.Helper()
	return extendedProcessor(t, pool, touch{}, adapter)
}

func extendedProcessor(t *testing.T, pool *pgxpool.Pool, plugin workflow.Plugin, adapter workflow.Adapter) *asyncevent.Processor {
	t.Helper()
	clock, err := asyncevent.NewClock(t.Context(), pool)
	require.NoError(t, err)
	return asyncevent.NewProcessor(asyncevent.Config{
		Pool: pool, Catalog: catalog.New(pool), Clock: clock, Enabled: true, Log: zerolog.Nop(),
		Kernel: &workflow.Kernel{
			Plugins:  map[string]workflow.Plugin{"org.imixs.test.Touch": plugin},
			Adapters: map[string]workflow.Adapter{"org.imixs.test.Slow": adapter},
		},
	})
}

func TestSecondWorkitemIsProcessedInTheSameTransaction(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	second := b.create("touch-1.0", nil)
	armed := b.entries(second)
	require.Len(t, armed, 1)

	first := b.create("touch-1.0", workitem.Items{"touch": {second}, "create": {true}, "topic": {"orders.Done"}})

	require.Equal(t, first, b.load(second).Items.Text("by"))
	require.Equal(t, "10 20", b.path(second))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog_discarded WHERE ref = $1 AND armed_by = $2`, second, armed[0].ArmedBy),
		"what the second workitem had armed is stale")
	require.Len(t, b.entries(second), 1, "and it is armed again")
	require.Equal(t, b.load(second).ArmedBy, b.entries(second)[0].ArmedBy)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM workitem WHERE items->'origin'->>0 = $1`, first))
	require.Equal(t, 3, b.count(`SELECT count(*) FROM eventlog WHERE topic = 'async.event'`))

	require.NoError(t, b.again(first, 20))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM eventlog WHERE ref = $1 AND topic = 'orders.Done' AND armed_by IS NULL`, first),
		"an entry that no boundary event armed stays")

	var written []string
	for _, e := range b.entries(first) {
		written = append(written, e.Topic+" "+e.ArmedBy)
	}
	require.ElementsMatch(t, []string{"orders.Done ", "async.event " + b.load(first).ArmedBy}, written)
}

func TestWorkerProcessesSecondWorkitemAlone(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	second := b.create("touch-1.0", nil)
	first := b.create("touch-1.0", nil)
	b.touches(first, second)
	id := b.entries(first)[0].ID

	require.Equal(t, asyncevent.Apart, b.deliver(id))
	require.Equal(t, "10", b.path(second), "nothing has happened")
	require.Equal(t, asyncevent.Processed, b.alone(id))
	require.Equal(t, "10 30", b.path(first))
	require.Equal(t, "10 20", b.path(second))
	require.Equal(t, asyncevent.Gone, b.alone(id))
	require.Equal(t, "10 20", b.path(second), "once")
}

func TestLockedSecondWorkitemMakesTheEntryBusy(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	second := b.create("touch-1.0", nil)
	first := b.create("touch-1.0", nil)
	b.touches(first, second)

	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it has ended
	_, err = tx.Exec(t.Context(), `SELECT FROM workitem WHERE uniqueid = $1 FOR UPDATE`, second)
	require.NoError(t, err)

	id := b.entries(first)[0].ID
	require.Equal(t, asyncevent.Busy, b.alone(id))
	_, err = b.Process(t.Context(), workitem.Items{workitem.UniqueID: {first}, workitem.EventID: {int64(10)}}, "anna")
	require.ErrorIs(t, err, asyncevent.ErrConflict)
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, 0, b.entries(first)[0].Attempts, "being busy is no attempt")
	require.Equal(t, asyncevent.Processed, b.alone(id))
}

func TestFailureBehindASecondWorkitemLeavesBothUntouched(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	second := b.create("touch-1.0", nil)
	before := b.load(second)
	for name, more := range map[string]workitem.Items{
		"no third":    {"touch": {second, "nobody"}},
		"async topic": {"touch": {second}, "topic": {outbox.TopicAsync}},
	} {
		more.Set(workitem.ModelVersion, "touch-1.0")
		more.Set(workitem.TaskID, 1000)
		more.Set(workitem.EventID, 10)
		_, err := b.Process(t.Context(), more, "anna")
		require.Equal(t, workflow.PluginError, workflow.ErrorCode(err), "%s: %v", name, err)
	}
	require.Equal(t, before, b.load(second))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM workitem`))
}

// TestWorkitemsThatTouchEachOther has everybody process everybody: each takes
// effect once or not at all, and nobody waits for ever.
func TestWorkitemsThatTouchEachOther(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	const n = 6
	ids := make([]string, n)
	for i := range ids {
		ids[i] = b.create("touch-1.0", nil)
	}
	for i, id := range ids {
		for j := range ids {
			if j != i {
				b.touches(id, ids[j])
			}
		}
	}
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	for i := range 4 * n {
		wg.Go(func() {
			for range 200 {
				err := b.again(ids[i%n], 10)
				if err == nil {
					mu.Lock()
					done++
					mu.Unlock()
					return
				}
				if !errors.Is(err, asyncevent.ErrConflict) {
					t.Errorf("process: %v", err)
					return
				}
				time.Sleep(time.Millisecond) //nolint:forbidigo // somebody else is at it
			}
		})
	}
	wg.Wait()
	events := 0
	for _, id := range ids {
		events += len(strings.Fields(b.path(id))) - 1
	}
	require.Equal(t, done*n, events, "each processing shows in every history")
	require.Positive(t, done)
	require.Equal(t, n, b.count(`SELECT count(*) FROM eventlog`), "one entry each is armed")
	require.Equal(t, n, b.count(`SELECT count(*) FROM eventlog e JOIN workitem w ON w.uniqueid = e.ref AND w.armed_by = e.armed_by`))
}

// touches lets a stored workitem touch another one, behind the processor's back.
func (b *bed) touches(id, other string) {
	b.t.Helper()
	_, err := b.pool.Exec(b.t.Context(), `
UPDATE workitem SET items = jsonb_set(items::jsonb, '{touch}', coalesce(items::jsonb->'touch', '[]') || to_jsonb($2::text))::json
WHERE uniqueid = $1`, id, other)
	require.NoError(b.t, err)
}

func TestEntriesOfPluginsFollowTheirPolicy(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	_, err := b.pool.Exec(t.Context(), `INSERT INTO eventlog_topic (pattern, policy) VALUES ('quiet.*', 'hold')`)
	require.NoError(t, err)
	for topic, dispatched := range map[string]int{"quiet.one": 0, "loud.one": 1} {
		id := b.create("touch-1.0", workitem.Items{"topic": {topic}})
		require.Equal(t, dispatched, b.count(`SELECT count(dispatch_at) FROM eventlog WHERE ref = $1 AND topic = $2`, id, topic), topic)
	}
}

// slowAdapter is an adapter that works until somebody else has changed the
// second workitem.
type slowAdapter struct {
	calls  int
	change func()
}

func (a *slowAdapter) Execute(context.Context, *workflow.Step) error {
	a.calls++
	a.change()
	return nil
}

func TestConflictBehindAnAdapterIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	b := newBed(t, touchingWithAdapter())
	adapter := &slowAdapter{}
	b.Processor = touchProcessor(t, b.pool, adapter)
	second := b.create("touch-2.0", nil)
	first := b.create("touch-2.0", nil)
	b.touches(first, second)
	adapter.change = func() { require.NoError(t, b.again(second, 20)) }
	id := b.entries(first)[0].ID

	require.Equal(t, asyncevent.Failed, b.alone(id))
	waiting := b.entries(first)[0]
	require.Equal(t, 1, waiting.Attempts)
	require.Contains(t, waiting.Error, "after the adapter had run")
	adapter.change = func() {}
	require.Equal(t, asyncevent.Processed, b.alone(id))
	require.Equal(t, 2, adapter.calls)
}

// createAs is a plugin that creates a workitem of a given id.
type createAs struct{ meet func() }

func (p createAs) Run(ctx context.Context, s *workflow.Step) error {
	if s.Element.ID != 30 {
		return nil
	}
	_, err := s.Process(ctx, workitem.Items{
		workitem.UniqueID: {"the-same"}, workitem.ModelVersion: {"touch-1.0"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)},
	})
	p.meet()
	return err
}

func TestTwoThatCreateTheSameAreBusyNotFailed(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	ids := []string{b.create("touch-1.0", nil), b.create("touch-1.0", nil)}
	var both sync.WaitGroup
	both.Add(2)
	clock, err := asyncevent.NewClock(t.Context(), b.pool)
	require.NoError(t, err)
	met := 0
	var mu sync.Mutex
	p := asyncevent.NewProcessor(asyncevent.Config{
		Pool: b.pool, Catalog: catalog.New(b.pool), Clock: clock, Enabled: true, Log: zerolog.Nop(),
		Kernel: &workflow.Kernel{Plugins: map[string]workflow.Plugin{"org.imixs.test.Touch": createAs{meet: func() {
			mu.Lock()
			met++
			wait := met <= 2
			mu.Unlock()
			if wait {
				both.Done()
				both.Wait()
			}
		}}}},
	})
	outcomes := make(chan asyncevent.Outcome, 2)
	var wg sync.WaitGroup
	for _, id := range ids {
		entry := b.entries(id)[0].ID
		wg.Go(func() {
			v, err := p.Alone(t.Context(), asyncevent.Delivery{ID: entry})
			if err != nil {
				t.Error(err)
			}
			outcomes <- v.Outcome
		})
	}
	wg.Wait()
	require.ElementsMatch(t, []asyncevent.Outcome{asyncevent.Processed, asyncevent.Busy}, []asyncevent.Outcome{<-outcomes, <-outcomes})
	require.Equal(t, 0, b.count(`SELECT coalesce(max(attempts), 0) FROM eventlog`))
}
