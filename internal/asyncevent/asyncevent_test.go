package asyncevent_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// bed is a database with models and a processor; the test delivers by hand.
type bed struct {
	*asyncevent.Processor
	t    *testing.T
	pool *pgxpool.Pool
}

func newBed(t *testing.T, models ...*drawing) *bed {
	t.Helper()
	db := postgrestest.New(t)
	for _, m := range models {
		_, err := catalog.New(db.Pool).Deploy(t.Context(), m.version, m.source(), catalog.Standard())
		require.NoError(t, err)
	}
	return &bed{t: t, pool: db.Pool, Processor: newProcessor(t, db.Pool, true)}
}

func newProcessor(t *testing.T, pool *pgxpool.Pool, enabled bool) *asyncevent.Processor {
	t.Helper()
	clock, err := asyncevent.NewClock(t.Context(), pool)
	require.NoError(t, err)
	return asyncevent.NewProcessor(asyncevent.Config{
		Pool: pool, Catalog: catalog.New(pool), Clock: clock, Enabled: enabled, Log: zerolog.Nop(),
	})
}

// create creates a workitem on 1000 and processes 10.
func (b *bed) create(model string, more workitem.Items) string {
	b.t.Helper()
	items := workitem.Items{workitem.ModelVersion: {model}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)}}
	items.Merge(more)
	got, err := b.Process(b.t.Context(), items, "anna")
	require.NoError(b.t, err)
	return got.Text(workitem.UniqueID)
}

func (b *bed) again(id string, event int) error {
	_, err := b.Process(b.t.Context(), workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(event)}}, "bert")
	return err
}

type entry struct {
	ID       uuid.UUID
	Topic    string
	ArmedBy  string
	Event    string
	Delay    time.Duration
	Attempts int
	Error    string
	Slow     bool
	Pause    time.Duration
}

// entries reads what waits for a ref, by due time.
func (b *bed) entries(ref string) []entry {
	b.t.Helper()
	rows, err := b.pool.Query(b.t.Context(), `
SELECT id, topic, coalesce(armed_by, ''), coalesce(data->'$eventid'->>0, ''), (extract(epoch FROM due - created) * 1000)::bigint,
       attempts, coalesce(last_error, ''), slow, coalesce((extract(epoch FROM dispatch_at - clock_timestamp()) * 1000)::bigint, -1)
FROM eventlog WHERE ref = $1 ORDER BY due`, ref)
	require.NoError(b.t, err)
	defer rows.Close()
	var list []entry
	for rows.Next() {
		var e entry
		var delay, pause int64
		require.NoError(b.t, rows.Scan(&e.ID, &e.Topic, &e.ArmedBy, &e.Event, &delay, &e.Attempts, &e.Error, &e.Slow, &pause))
		e.Delay, e.Pause = time.Duration(delay)*time.Millisecond, time.Duration(pause)*time.Millisecond
		list = append(list, e)
	}
	require.NoError(b.t, rows.Err())
	return list
}

func (b *bed) load(id string) workitem.Record {
	b.t.Helper()
	record, err := workitem.Load(b.t.Context(), b.pool, id)
	require.NoError(b.t, err)
	return record
}

// path is the events of a workitem's history, in order.
func (b *bed) path(id string) string {
	var events []string
	for _, line := range b.load(id).Items.Values(workitem.EventLog) {
		events = append(events, strings.Split(workitem.FormatValue(line), "|")[3])
	}
	return strings.Join(events, " ")
}

func (b *bed) count(sql string, args ...any) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.pool.QueryRow(b.t.Context(), sql, args...).Scan(&n))
	return n
}

// deliver hands over one delivery, in a batch of its own, until it is finished.
func (b *bed) deliver(id uuid.UUID) asyncevent.Outcome {
	b.t.Helper()
	outcome, err := settle(b.t.Context(), b.Processor, asyncevent.Delivery{ID: id})
	require.NoError(b.t, err)
	return outcome
}

func settle(ctx context.Context, p *asyncevent.Processor, d asyncevent.Delivery) (asyncevent.Outcome, error) {
	for {
		verdicts, err := p.Batch(ctx, []asyncevent.Delivery{d})
		if err != nil || verdicts[0].Again == 0 {
			return append(verdicts, asyncevent.Verdict{})[0].Outcome, err
		}
	}
}

func (b *bed) alone(id uuid.UUID) asyncevent.Outcome {
	b.t.Helper()
	verdict, err := b.Alone(b.t.Context(), asyncevent.Delivery{ID: id})
	require.NoError(b.t, err)
	return verdict.Outcome
}

func TestAnEntryTakesEffectOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	id := b.create("one-step", nil)
	armed := b.entries(id)
	require.Len(t, armed, 1)
	require.Equal(t, "20", armed[0].Event)
	require.Equal(t, b.load(id).ArmedBy, armed[0].ArmedBy)

	require.Equal(t, asyncevent.Processed, b.deliver(armed[0].ID))
	require.Equal(t, asyncevent.Gone, b.deliver(armed[0].ID))
	require.Equal(t, asyncevent.Gone, b.alone(armed[0].ID))
	require.Equal(t, "10 20", b.path(id))
	require.Empty(t, b.entries(id))
	require.Zero(t, b.count("SELECT count(*) FROM eventlog_discarded"))
}

// Two workers are given the same message at the same moment, a thousand times.
func TestTwoWorkersWithOneMessage(t *testing.T) {
	t.Parallel()
	const times = 1000
	b := newBed(t, oneStep())
	workers := []*asyncevent.Processor{newProcessor(t, b.pool, true), newProcessor(t, b.pool, true)}
	ids, outcomes := make([]string, times), map[asyncevent.Outcome]int{}
	for i := range ids {
		ids[i] = b.create("one-step", nil)
		delivery := asyncevent.Delivery{ID: b.entries(ids[i])[0].ID}
		var both sync.WaitGroup
		begin, results := make(chan struct{}), make(chan asyncevent.Outcome, 2)
		for _, worker := range workers {
			both.Go(func() {
				<-begin
				outcome, err := settle(t.Context(), worker, delivery)
				if err != nil {
					t.Error(err)
				}
				results <- outcome
			})
		}
		close(begin)
		both.Wait()
		outcomes[<-results]++
		outcomes[<-results]++
	}
	require.Equal(t, map[asyncevent.Outcome]int{asyncevent.Processed: times, asyncevent.Gone: times}, outcomes)
	for _, id := range ids {
		require.Equal(t, "10 20", b.path(id))
	}
}

func TestAStaleEntryIsDiscardedAndRecorded(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	id := b.create("one-step", nil)
	first := b.load(id).ArmedBy
	stray, err := outbox.Create(t.Context(), b.pool, outbox.NewEntry{
		Topic: outbox.TopicAsync, Ref: id, Data: []byte(`{"$eventid":[20],"$transactionid":["` + first + `"]}`),
	})
	require.NoError(t, err)
	require.NoError(t, b.again(id, 30))
	require.Len(t, b.entries(id), 2, "the new entry, and the one that nobody armed")
	require.Equal(t, 1, b.count("SELECT count(*) FROM eventlog_discarded WHERE ref = $1 AND reason = 'stale' AND armed_by = $2 AND transaction_id = $3",
		id, first, b.load(id).Items.Text(workitem.TransactionID)))

	require.Equal(t, asyncevent.Stale, b.deliver(stray))
	require.Equal(t, 2, b.count("SELECT count(*) FROM eventlog_discarded WHERE armed_by = $1", first))
	require.Equal(t, "10 30", b.path(id))
}

// Three entries of somebody else, with the same ref, are held through ten
// processings.
func TestForeignEntriesAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBed(t, loop())
	id := b.create("loop", nil)
	foreign := map[uuid.UUID]string{}
	for _, topic := range []string{"invoice.sent", outbox.TopicAsync, "index.add"} {
		e, err := outbox.Create(t.Context(), b.pool, outbox.NewEntry{
			Topic: topic, Ref: id, Delay: 2 * time.Hour, Data: []byte(`{"$eventid":[20],"$transactionid":["of somebody else"]}`),
		})
		require.NoError(t, err)
		foreign[e] = topic
	}
	for range 10 {
		require.NoError(t, b.again(id, 10))
	}
	entries := b.entries(id)
	require.Len(t, entries, 4)
	require.Equal(t, b.load(id).ArmedBy, entries[0].ArmedBy, "the one armed entry is the current one")
	for _, e := range entries[1:] {
		require.Equal(t, foreign[e.ID], e.Topic)
		delete(foreign, e.ID)
	}
	require.Empty(t, foreign)
	require.Equal(t, 10, b.count("SELECT count(*) FROM eventlog_discarded"))
}

func TestSplitsAreArmedToo(t *testing.T) {
	t.Parallel()
	b := newBed(t, split())
	id := b.create("split", nil)
	main := b.load(id)
	require.Equal(t, 1100, main.Items.Int(workitem.TaskID))
	other := main.Items.Text(workitem.UniqueIDVersions)
	require.Equal(t, 1200, b.load(other).Items.Int(workitem.TaskID))
	require.Equal(t, main.ArmedBy, b.load(other).ArmedBy)
	for ref, want := range map[string]entry{id: {Event: "30", Delay: time.Hour}, other: {Event: "40", Delay: 2 * time.Hour}} {
		got := b.entries(ref)
		require.Len(t, got, 1)
		require.Equal(t, want.Event, got[0].Event)
		require.InDelta(t, want.Delay, got[0].Delay, float64(time.Second))
	}
}

func TestANonInterruptingEventLeavesTheOthersArmed(t *testing.T) {
	t.Parallel()
	b := newBed(t, reminder())
	id := b.create("reminder", nil)
	before, armed := b.load(id), b.entries(id)
	require.Len(t, armed, 2)
	require.Equal(t, asyncevent.Processed, b.deliver(armed[0].ID))
	after := b.load(id)
	require.Equal(t, "10 20", b.path(id))
	require.Equal(t, before.ArmedBy, after.ArmedBy)
	require.NotEqual(t, before.Items.Text(workitem.TransactionID), after.Items.Text(workitem.TransactionID))
	require.Equal(t, armed[1:], withoutPause(b.entries(id), armed[1:]), "the escalation is neither removed nor armed again")

	// and it still is current
	_, err := b.pool.Exec(t.Context(), "UPDATE eventlog SET due = clock_timestamp()")
	require.NoError(t, err)
	require.Equal(t, asyncevent.Processed, b.deliver(armed[1].ID))
	require.Equal(t, "10 20 30", b.path(id))
}

func withoutPause(got, want []entry) []entry {
	for i := range got {
		if i < len(want) {
			got[i].Pause = want[i].Pause
		}
	}
	return got
}

func TestNothingHappensBeforeItIsDue(t *testing.T) {
	t.Parallel()
	b := newBed(t, loop())
	id := b.create("loop", nil)
	e := b.entries(id)[0]
	for _, handle := range []func() (asyncevent.Verdict, error){
		func() (asyncevent.Verdict, error) {
			v, err := b.Batch(t.Context(), []asyncevent.Delivery{{ID: e.ID}})
			return append(v, asyncevent.Verdict{})[0], err
		},
		func() (asyncevent.Verdict, error) { return b.Alone(t.Context(), asyncevent.Delivery{ID: e.ID}) },
	} {
		v, err := handle()
		require.NoError(t, err)
		require.Equal(t, asyncevent.NotDue, v.Outcome)
		require.InDelta(t, time.Hour, v.Again, float64(time.Minute))
	}
	require.Equal(t, "10", b.path(id))
	require.Zero(t, b.entries(id)[0].Attempts)
}

func TestFailuresStayVisible(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep(), condition("throws", "throw 'not today'"))
	id := b.create("throws", nil)
	e := b.entries(id)[0]
	require.Equal(t, asyncevent.Failed, b.deliver(e.ID))
	require.Equal(t, asyncevent.Apart, b.deliver(e.ID), "what has failed is handled alone")
	for attempt := 2; attempt <= 4; attempt++ {
		require.Equal(t, asyncevent.Failed, b.alone(e.ID))
		got := b.entries(id)[0]
		require.Equal(t, attempt, got.Attempts)
		require.Contains(t, got.Error, "not today")
		require.InDelta(t, outbox.Pause(attempt), got.Pause, float64(time.Second))
	}
	require.Equal(t, "10", b.path(id), "a failed run changes nothing")

	// A model that is mended is picked up by the running worker.
	_, err := catalog.New(b.pool).Deploy(t.Context(), "throws", condition("throws", "true").source(), catalog.Standard())
	require.NoError(t, err)
	require.Equal(t, asyncevent.Processed, b.alone(e.ID))
	require.Equal(t, 1200, b.load(id).Items.Int(workitem.TaskID))
}

// A condition that never returns ends in its limit and harms nobody else in the
// batch.
func TestAnEndlessConditionHarmsOnlyItself(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep(), condition("endless", "while(true){}"))
	bad := b.create("endless", nil)
	var deliveries []asyncevent.Delivery
	var good []string
	for i := range 20 {
		if i == 10 {
			deliveries = append(deliveries, asyncevent.Delivery{ID: b.entries(bad)[0].ID})
		}
		id := b.create("one-step", nil)
		good = append(good, id)
		deliveries = append(deliveries, asyncevent.Delivery{ID: b.entries(id)[0].ID})
	}
	_, err := b.pool.Exec(t.Context(), "UPDATE eventlog SET dispatched_at = now()")
	require.NoError(t, err)
	outcomes := map[uuid.UUID]asyncevent.Outcome{}
	for len(deliveries) > 0 { // what a slow machine leaves for later comes again
		verdicts, err := b.Batch(t.Context(), deliveries)
		require.NoError(t, err)
		var later []asyncevent.Delivery
		for i, v := range verdicts {
			if outcomes[deliveries[i].ID] = v.Outcome; v.Outcome == asyncevent.Later {
				later = append(later, deliveries[i])
			}
		}
		deliveries = later
	}
	for id, outcome := range outcomes {
		if id == b.entries(bad)[0].ID {
			require.Equal(t, asyncevent.Apart, outcome)
			continue
		}
		require.Equal(t, asyncevent.Processed, outcome)
	}
	for _, id := range good {
		require.Equal(t, "10 20", b.path(id))
	}
	e := b.entries(bad)[0]
	require.True(t, e.Slow)
	require.Zero(t, e.Attempts, "running long is no failure yet")
	require.Equal(t, asyncevent.Failed, b.alone(e.ID))
	require.Contains(t, b.entries(bad)[0].Error, "limit")
}

// A statement that one member of a batch makes fail rolls the batch back; its
// members are handled alone, and the others take effect.
func TestAMemberThatCannotBeStoredIsFoundOut(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	good, bad := b.create("one-step", nil), b.create("one-step", nil)
	_, err := b.pool.Exec(t.Context(), `ALTER TABLE workitem ADD CHECK (uniqueid <> '`+bad+`' OR task_id <> 1200)`)
	require.NoError(t, err)
	first, second := b.entries(good)[0].ID, b.entries(bad)[0].ID
	verdicts, err := b.Batch(t.Context(), []asyncevent.Delivery{{ID: first}, {ID: second}})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Apart, verdicts[0].Outcome)
	require.Equal(t, asyncevent.Apart, verdicts[1].Outcome)
	require.Equal(t, asyncevent.Processed, b.alone(first))
	require.Equal(t, asyncevent.Failed, b.alone(second))
	require.Equal(t, "10 20", b.path(good))
	require.Equal(t, "10", b.path(bad))
}

func TestAnEntryWithoutItsWorkitem(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	id, err := outbox.Create(t.Context(), b.pool, outbox.NewEntry{
		Topic: outbox.TopicAsync, Ref: "nobody", Data: []byte(`{"$eventid":[20],"$transactionid":["x"]}`),
	})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Missing, b.deliver(id))
	require.Equal(t, asyncevent.Missing, b.alone(id))
	e := b.entries("nobody")[0]
	require.Equal(t, 2, e.Attempts)
	require.Contains(t, e.Error, "no workitem")
	require.InDelta(t, time.Hour, e.Pause, float64(time.Minute))
}

func TestAnEntryWhoseDataSayNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	ref := b.create("one-step", nil)
	for _, data := range []string{`{}`, `[1]`, `{"$eventid":["x"],"$transactionid":["y"]}`} {
		id, err := outbox.Create(t.Context(), b.pool, outbox.NewEntry{Topic: outbox.TopicAsync, Ref: ref, Data: []byte(data)})
		require.NoError(t, err)
		require.Equal(t, asyncevent.Failed, b.deliver(id), data)
	}
	require.Equal(t, asyncevent.Processed, b.deliver(b.entries(ref)[0].ID))
}

func TestALockedWorkitemIsBusy(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	id := b.create("one-step", nil)
	e := b.entries(id)[0]
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // ends the lock
	_, err = tx.Exec(t.Context(), "SELECT FROM workitem WHERE uniqueid = $1 FOR UPDATE", id)
	require.NoError(t, err)

	verdicts, err := b.Batch(t.Context(), []asyncevent.Delivery{{ID: e.ID}})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Busy, verdicts[0].Outcome)
	require.Positive(t, verdicts[0].Again)
	verdict, err := b.Alone(t.Context(), asyncevent.Delivery{ID: e.ID})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Busy, verdict.Outcome)
	require.Zero(t, b.entries(id)[0].Attempts, "being busy is no attempt")
	require.ErrorIs(t, b.again(id, 30), asyncevent.ErrConflict)

	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, asyncevent.Processed, b.deliver(e.ID))
}

// Users and a worker process the same workitem at the same moments: whoever
// comes second is told, and the history has every event that was accepted once.
func TestUsersAndWorkersMeet(t *testing.T) {
	t.Parallel()
	b := newBed(t, loop())
	id := b.create("loop", nil)
	var users sync.WaitGroup
	var mu sync.Mutex
	accepted := 1
	for range 4 {
		users.Go(func() {
			for range 25 {
				switch _, err := b.Process(t.Context(), workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(10)}}, "anna"); {
				case err == nil:
					mu.Lock()
					accepted++
					mu.Unlock()
				case !strings.Contains(err.Error(), asyncevent.ErrConflict.Error()):
					t.Error(err)
				}
			}
		})
	}
	users.Wait()
	require.Len(t, strings.Fields(b.path(id)), accepted)
	require.Len(t, b.entries(id), 1)
	require.Equal(t, accepted-1, b.count("SELECT count(*) FROM eventlog_discarded"))
}

func TestDisabledNothingIsArmed(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	b.Processor = newProcessor(t, b.pool, false)
	require.Empty(t, b.entries(b.create("one-step", nil)))
}

func TestProcessRefuses(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	id := b.create("one-step", nil)
	tests := map[string]struct {
		items workitem.Items
		err   error
		code  workflow.Code
	}{
		"nothing to create from": {workitem.Items{workitem.TaskID: {int64(1000)}}, workflow.ErrNotAllowed, workflow.UndefinedModelVersion},
		"unknown workitem":       {workitem.Items{workitem.UniqueID: {"nobody"}, workitem.EventID: {int64(10)}}, workflow.ErrNotAllowed, workflow.OperationNotAllowed},
		"another task":           {workitem.Items{workitem.UniqueID: {id}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(30)}}, workflow.ErrTask, workflow.InvalidTask},
		"event not on the task":  {workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(10)}}, nil, workflow.UndefinedModelEntry},
		"unknown event":          {workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(77)}}, nil, workflow.UndefinedModelEntry},
		"unknown task":           {workitem.Items{workitem.ModelVersion: {"one-step"}, workitem.TaskID: {int64(7)}, workitem.EventID: {int64(10)}}, nil, workflow.UndefinedModelEntry},
		"no event":               {workitem.Items{workitem.UniqueID: {id}}, nil, workflow.UndefinedActivityID},
		"unknown model":          {workitem.Items{workitem.ModelVersion: {"none"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)}}, nil, workflow.UndefinedModelVersion},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := tt.items.Clone()
			_, err := b.Process(t.Context(), tt.items, "anna")
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
			}
			require.Equal(t, tt.code, workflow.ErrorCode(err), "%v", err)
			require.Equal(t, given, tt.items, "the given items are left as they are")
		})
	}
	var text *workitem.TextError
	_, err := b.Process(t.Context(), workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(30)}, "a": {"x\x00"}}, "anna")
	require.ErrorAs(t, err, &text)
}

func TestWhatTheKernelWritesIsNotTheClients(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	id := b.create("one-step", workitem.Items{"subject": {"a"}, "keep": {1.5}})
	stored := b.load(id).Items
	_, err := b.Process(t.Context(), workitem.Items{
		workitem.UniqueID: {id}, workitem.EventID: {int64(30)}, "subject": {"b"},
		workitem.EventLog: {}, workitem.Creator: {"mallory"}, workitem.TransactionID: {"mine"},
	}, "bert")
	require.NoError(t, err)
	got := b.load(id).Items
	require.Equal(t, "b", got.Text("subject"))
	require.Equal(t, []any{1.5}, got.Values("keep"))
	require.Equal(t, "10 30", b.path(id))
	require.Equal(t, stored.Text(workitem.Creator), got.Text(workitem.Creator))
	require.NotEqual(t, "mine", got.Text(workitem.TransactionID))
	require.Equal(t, "bert", got.Text(workitem.Editor))
	require.Equal(t, "anna", got.Text(workitem.LastEditor))
	require.Equal(t, stored.Date(workitem.Created), got.Date(workitem.Created))
}

// Another session that holds an entry keeps none of the batch waiting.
func TestALockedEntryStallsNobody(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	var deliveries []asyncevent.Delivery
	for range 10 {
		deliveries = append(deliveries, asyncevent.Delivery{ID: b.entries(b.create("one-step", nil))[0].ID})
	}
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // ends the lock
	_, err = tx.Exec(t.Context(), "SELECT FROM eventlog WHERE id = $1 FOR UPDATE", deliveries[4].ID)
	require.NoError(t, err)

	began := time.Now()
	verdicts, err := b.Batch(t.Context(), deliveries)
	require.NoError(t, err)
	require.Less(t, time.Since(began), 2*time.Second)
	for i, v := range verdicts {
		if i == 4 {
			require.Equal(t, asyncevent.Busy, v.Outcome)
		} else {
			require.Equal(t, asyncevent.Processed, v.Outcome)
		}
	}
	verdict, err := b.Alone(t.Context(), deliveries[4])
	require.NoError(t, err)
	require.Equal(t, asyncevent.Busy, verdict.Outcome)
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, asyncevent.Processed, b.deliver(deliveries[4].ID))
}

// A batch is in memory together; what is large is handled alone.
func TestALargeWorkitemIsHandledAlone(t *testing.T) {
	t.Parallel()
	b := newBed(t, oneStep())
	noise := make([]byte, 400_000) // that does not compress
	_, err := rand.Read(noise)
	require.NoError(t, err)
	large, small := b.create("one-step", workitem.Items{"noise": {noise}}), b.create("one-step", nil)
	first, second := b.entries(large)[0].ID, b.entries(small)[0].ID
	verdicts, err := b.Batch(t.Context(), []asyncevent.Delivery{{ID: first}, {ID: second}})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Apart, verdicts[0].Outcome)
	require.Equal(t, asyncevent.Processed, verdicts[1].Outcome)
	require.Equal(t, asyncevent.Processed, b.alone(first))
	require.Equal(t, []any{noise}, b.load(large).Items.Values("noise"))
}
