package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

// fakeBroker keeps what is published, until a worker would take it.
type fakeBroker struct {
	mu        sync.Mutex
	state     BrokerState
	stateErr  error
	answer    func(Dispatch) error // nil: everything is taken
	published []Dispatch
	stored    []uuid.UUID // by handovers; a zero id has been lost
	removed   map[uuid.UUID]bool
	silent    map[string]error // streams that cannot be asked
	most      int              // the most unfinished entries there ever were
	looks     int
	came      chan struct{} // after each Publish that took something
}

func newFakeBroker() *fakeBroker {
	return &fakeBroker{
		state: BrokerState{Stream: "S", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), LastSequence: 1, Due: map[Lane]int{}},
		came:  make(chan struct{}, 1),
	}
}

func (b *fakeBroker) State(context.Context) (BrokerState, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	state := b.state
	state.Due = maps.Clone(state.Due)
	return state, b.stateErr
}

func (b *fakeBroker) Publish(_ context.Context, dispatches []Dispatch) []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	errs := make([]error, len(dispatches))
	for i, d := range dispatches {
		if b.answer != nil {
			errs[i] = b.answer(d)
		}
		if errs[i] != nil {
			continue
		}
		b.published = append(b.published, d)
		b.state.LastSequence++
		switch {
		case d.Arm:
			b.state.Armed++
		case d.Lane != LaneCopy:
			b.state.Due[d.Lane]++
		}
		b.most = max(b.most, b.state.Due[LaneNow], b.state.Due[LaneTimer], b.state.Due[LaneSlow], b.state.Armed)
	}
	if len(b.published) > 0 {
		select {
		case b.came <- struct{}{}:
		default:
		}
	}
	return errs
}

// HandOver stores what it takes under the next sequence of the stream.
func (b *fakeBroker) HandOver(_ context.Context, dispatches []Dispatch) []Handed {
	b.mu.Lock()
	defer b.mu.Unlock()
	handed := make([]Handed, len(dispatches))
	for i, d := range dispatches {
		if b.answer != nil {
			handed[i].Err = b.answer(d)
		}
		if handed[i].Err != nil {
			continue
		}
		b.published = append(b.published, d)
		b.stored = append(b.stored, d.ID)
		handed[i].Sequence = uint64(len(b.stored))
	}
	return handed
}

func (b *fakeBroker) Holds(_ context.Context, handovers []Handover) ([]Answer, map[string]error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answers, faults := make([]Answer, len(handovers)), map[string]error{}
	for i, h := range handovers {
		switch err := b.silent[h.Stream]; {
		case err != nil:
			faults[h.Stream] = err
		case b.removed[h.ID]:
			answers[i] = Removed
		case h.Sequence <= uint64(len(b.stored)) && b.stored[h.Sequence-1] == h.ID:
			answers[i] = Held
		default:
			answers[i] = Lost
		}
	}
	return answers, faults
}

func (b *fakeBroker) taken() []Dispatch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.published)
}

// set changes the broker.
func (b *fakeBroker) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// bench is a relay on a real outbox and a fake broker.
type bench struct {
	t      *testing.T
	pool   *pgxpool.Pool
	store  *Store
	broker *fakeBroker
	cfg    RelayConfig
	relay  *Relay
}

func newBench(t *testing.T, cfg RelayConfig) *bench {
	t.Helper()
	b := &bench{t: t, pool: postgrestest.New(t).Pool, broker: newFakeBroker(), cfg: cfg}
	b.store = NewStore(b.pool)
	b.relay = b.another()
	return b
}

func (b *bench) another() *Relay {
	return NewRelay(b.store, b.broker, b.cfg, NewRelayMetrics(prometheus.NewRegistry()), zerolog.Nop())
}

func (b *bench) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.pool.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *bench) create(e NewEntry) uuid.UUID {
	b.t.Helper()
	id, err := Create(b.t.Context(), b.pool, e)
	require.NoError(b.t, err)
	return id
}

func (b *bench) async(ref string) uuid.UUID {
	b.t.Helper()
	return b.create(NewEntry{Topic: TopicAsync, Ref: ref})
}

func (b *bench) count(where string, args ...any) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.pool.QueryRow(b.t.Context(), "SELECT count(*) FROM eventlog WHERE "+where, args...).Scan(&n))
	return n
}

func (b *bench) once() Round {
	b.t.Helper()
	b.relay.roomAt = time.Time{} // look at the broker, too
	round, err := b.relay.runOnce(b.t.Context())
	require.NoError(b.t, err)
	return round
}

// run runs a relay until stop, or the end of the test.
func (b *bench) run(r *Relay) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(b.t, err)
		case <-time.After(10 * time.Second):
			require.Fail(b.t, "the relay does not end")
		}
	})
	b.t.Cleanup(stop)
	return stop
}

var errAway = errors.New("the broker is away")

const (
	untouched = "generation = 0 AND dispatched_at IS NULL"
	hasItTime = "dispatched_at IS NULL AND dispatch_at <= clock_timestamp()"
	leased    = "dispatched_at IS NOT NULL AND dispatch_at > clock_timestamp() + interval '30 seconds'"
	parked    = "dispatched_at IS NULL AND dispatch_at IS NULL"
)

func TestRelayClaimsNothingWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("r")
	b.broker.stateErr = errAway
	_, err := b.relay.runOnce(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, 1, b.count(untouched))

	b.broker.stateErr = nil
	require.Equal(t, 1, b.once().Published)
	require.Equal(t, 1, b.count(leased))
}

func TestRelayGivesBackWhatTheBrokerDidNotTake(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	taken := b.async("taken")
	lost := b.async("lost")
	b.create(NewEntry{Topic: "copy", Ref: "lost"})
	b.broker.answer = func(d Dispatch) error {
		if d.Ref == "lost" {
			return errAway
		}
		return nil
	}
	round, err := b.relay.runOnce(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, 2, round.GivenBack)
	require.Equal(t, 2, b.count(hasItTime+" AND ref = 'lost' AND attempts = 0"), "a broker that is away is no attempt")
	require.Equal(t, 1, b.count(leased+" AND ref = 'taken'"))

	b.broker.set(func() { b.broker.answer = nil })
	require.Equal(t, 2, b.once().Published)
	ids := []uuid.UUID{}
	for _, d := range b.broker.taken() {
		if d.Lane != LaneCopy {
			ids = append(ids, d.ID)
		}
	}
	require.Equal(t, []uuid.UUID{taken, lost}, ids)
}

func TestRelayRecordsWhatTheBrokerRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("refused")
	b.async("good")
	b.broker.answer = func(d Dispatch) error {
		if d.Ref == "refused" {
			return fmt.Errorf("%w: too large", ErrRefused)
		}
		return nil
	}
	round := b.once()
	require.Equal(t, 1, round.Refused)
	require.Equal(t, 1, round.Published, "the others are not harmed")
	require.Equal(t, 1, b.count("ref = 'refused' AND attempts = 1 AND last_error LIKE '%too large%' AND dispatched_at IS NULL AND dispatch_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 second'"))
	require.Zero(t, b.once().Claimed, "it has a pause")

	b.exec("UPDATE eventlog SET dispatch_at = now() WHERE ref = 'refused'")
	require.Equal(t, 1, b.once().Refused)
	require.Equal(t, 1, b.count("ref = 'refused' AND attempts = 2 AND dispatch_at > clock_timestamp() + interval '2 seconds'"), "the pause grows")

	b.broker.answer = nil
	b.exec("UPDATE eventlog SET dispatch_at = now() WHERE ref = 'refused'")
	require.Equal(t, 1, b.once().Published)
	published := b.broker.taken()
	require.Equal(t, LaneSlow, published[len(published)-1].Lane)
}

func TestWhatIsStillQueuedIsNotPublishedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("r")
	b.broker.answer = func(Dispatch) error { return ErrQueued }
	require.Equal(t, 1, b.once().Queued)
	require.Equal(t, 1, b.count(leased+" AND attempts = 0"), "the lease is extended")
}

func TestLeasesEndAtOnceWhenTheStreamHasLostMessages(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]func(*BrokerState){
		"another stream": func(s *BrokerState) { s.Created = s.Created.Add(time.Hour); s.LastSequence += 100 },
		"gone back":      func(s *BrokerState) { s.LastSequence -= 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, RelayConfig{})
			for range 3 {
				b.async("due")
			}
			b.create(NewEntry{Topic: TopicAsync, Ref: "armed", Delay: 20 * time.Second})
			b.create(NewEntry{Topic: TopicAsync, Ref: "far", Delay: time.Hour})
			b.create(NewEntry{Topic: "copy", Ref: "finished"})
			require.Equal(t, 5, b.once().Claimed)
			require.Zero(t, b.once().Claimed)

			b.broker.set(func() { loss(&b.broker.state) })
			round := b.once()
			require.Equal(t, 4, round.LeasesEnded, "of those due and of the armed one")
			require.Equal(t, 4, round.Claimed, "dispatched again in the same round")
			require.Equal(t, 1, b.count("ref = 'finished' AND generation = 1 AND "+parked))
			require.Equal(t, 1, b.count("ref = 'far' AND "+untouched))
			require.Zero(t, b.once().LeasesEnded, "once for one loss")
		})
	}
}

// Of two relays that notice the same loss, one ends the leases: the other would
// end those that have just begun anew.
func TestOneRelayEndsTheLeases(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("r")
	b.once()
	mark, known, err := b.store.streamMark(t.Context(), "S")
	require.NoError(t, err)
	require.True(t, known)
	lost := b.broker.state
	lost.Created = lost.Created.Add(time.Hour)
	require.True(t, mark.lost(lost))

	ended := make(chan int, 2)
	for range 2 {
		go func() {
			n, err := b.store.endLeases(context.Background(), mark, lost, time.Hour)
			if err != nil {
				t.Errorf("end leases: %v", err)
			}
			ended <- n
		}()
	}
	require.Equal(t, 1, <-ended+<-ended)

	require.Len(t, b.claim(), 1)
	n, err := b.store.endLeases(t.Context(), mark, lost, time.Hour)
	require.NoError(t, err)
	require.Zero(t, n, "a new lease was ended")
	require.Equal(t, 1, b.count(leased))
}

func (b *bench) claim() []Claimed {
	b.t.Helper()
	claim, err := b.store.Claim(b.t.Context(), EachLane(100, 0), time.Minute)
	require.NoError(b.t, err)
	return claim.Entries
}

func TestTheStreamMarkOnlyAdvances(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	state := b.broker.state
	sequence := func() uint64 {
		mark, known, err := b.store.streamMark(t.Context(), "S")
		require.NoError(t, err)
		require.True(t, known)
		require.True(t, mark.created.Equal(state.Created))
		return mark.lastSequence
	}
	_, known, err := b.store.streamMark(t.Context(), "S")
	require.NoError(t, err)
	require.False(t, known)
	write := func(sequence uint64, known bool) {
		s := state
		s.LastSequence = sequence
		require.NoError(t, b.store.markStream(t.Context(), s, known))
	}
	write(10, false)
	write(5, false)
	require.Equal(t, uint64(10), sequence(), "another relay was first")
	write(20, true)
	require.Equal(t, uint64(20), sequence())
	write(15, true)
	require.Equal(t, uint64(20), sequence(), "a relay that is behind")
	other := state
	other.Created, other.LastSequence = state.Created.Add(time.Hour), 99
	require.NoError(t, b.store.markStream(t.Context(), other, true))
	require.Equal(t, uint64(20), sequence(), "the mark of another stream is not advanced")
}

func TestTwoRelaysLoseNothing(t *testing.T) {
	t.Parallel()
	const entries = 2000
	b := newBench(t, RelayConfig{BatchSize: 50, MaxAtBroker: 10 * entries})
	b.run(b.relay)
	b.run(b.another())
	for range 4 {
		b.exec("INSERT INTO eventlog (topic, ref) SELECT 'async.event', i::text FROM generate_series(1, $1::integer) i", entries/4)
		b.relay.Wake()
	}
	require.Eventually(t, func() bool { return b.count("generation > 0") == entries }, 20*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return len(b.broker.taken()) >= entries }, 10*time.Second, 10*time.Millisecond)
	seen := map[uuid.UUID]bool{}
	for _, d := range b.broker.taken() {
		require.False(t, seen[d.ID], "%s was dispatched twice", d.ID)
		seen[d.ID] = true
	}
	require.Len(t, seen, entries)
}

func TestWakeMakesTheRelayLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{Interval: time.Hour})
	stop := b.run(b.relay)
	// It sleeps once it has looked at an empty outbox; a wake-up that comes
	// before is kept.
	require.Eventually(t, func() bool { b.broker.mu.Lock(); defer b.broker.mu.Unlock(); return b.broker.looks > 0 }, 10*time.Second, time.Millisecond)
	b.async("r")
	b.relay.Wake()
	select {
	case <-b.broker.came:
	case <-time.After(10 * time.Second):
		require.Fail(t, "not woken")
	}
	stop()
}

func TestTheRelayComesBackByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{Interval: 50 * time.Millisecond})
	b.broker.stateErr = errAway
	b.run(b.relay)
	b.async("r")
	require.Eventually(t, func() bool { b.broker.mu.Lock(); defer b.broker.mu.Unlock(); return b.broker.looks > 2 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 1, b.count(untouched))
	b.broker.set(func() { b.broker.stateErr = nil })
	select {
	case <-b.broker.came:
	case <-time.After(10 * time.Second):
		require.Fail(t, "the relay did not resume")
	}
}

// The relay is stopped while its claim waits in the database: whatever the
// database does with the claim, the entry is not left under a lease that nobody
// works on.
func TestAClaimUnderWayIsBroughtToItsEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("r")
	b.once()
	b.exec("UPDATE eventlog SET dispatch_at = now(), dispatched_at = NULL")
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // after the commit there is nothing to roll back
	_, err = tx.Exec(t.Context(), "LOCK TABLE eventlog IN SHARE MODE")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := b.relay.runOnce(ctx)
		ended <- err
	}()
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, b.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n))
		return n == 1
	}, 10*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, <-ended)
	require.Len(t, b.broker.taken(), 2, "what was claimed is published")
}

func TestTheBrokerNeverHoldsMoreThanItsBound(t *testing.T) {
	t.Parallel()
	const entries, bound = 500, 100
	b := newBench(t, RelayConfig{BatchSize: 30, MaxAtBroker: bound})
	b.exec("INSERT INTO eventlog (topic, ref) SELECT 'async.event', i::text FROM generate_series(1, $1::integer) i", entries)
	for len(b.broker.taken()) < entries {
		before := len(b.broker.taken())
		for range 2 * bound / 30 {
			b.once()
		}
		require.LessOrEqual(t, b.broker.most, bound)
		require.Greater(t, len(b.broker.taken()), before)
		if b.broker.state.Due[LaneNow] == bound {
			round := b.once()
			require.Zero(t, round.Claimed)
			require.Positive(t, round.Pause)
		}
		b.broker.set(func() { b.broker.state.Due[LaneNow] /= 3 }) // workers make room
	}
	require.Len(t, b.broker.taken(), entries)
}

func TestArmedEntriesAreBoundedToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{BatchSize: 30, MaxAtBroker: 20})
	for range 30 {
		b.create(NewEntry{Topic: TopicAsync, Ref: "r", Delay: 10 * time.Second})
	}
	for range 10 {
		b.once()
	}
	require.Equal(t, 20, b.broker.most)
	require.Len(t, b.broker.taken(), 20)
	require.Equal(t, 10, b.count("dispatched_at IS NULL AND dispatch_at > clock_timestamp() AND dispatch_at < due + interval '1 second'"), "the rest waits in Postgres, until it is due at most")
}

func TestCopiesArePublishedOnceWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	const delay = 300 * time.Millisecond
	written := time.Now()
	b.create(NewEntry{Topic: "invoice.sent", Ref: "r", Delay: delay, Data: []byte(`{"a":[1]}`)})
	large := []byte(`"` + strings.Repeat("x", 100_000) + `"`)
	b.create(NewEntry{Topic: "invoice.sent", Ref: "large", Data: large})
	b.run(b.relay)
	require.Eventually(t, func() bool { return b.count(parked) == 2 }, 10*time.Second, 5*time.Millisecond)
	require.GreaterOrEqual(t, time.Since(written), delay)
	b.relay.Wake()
	published := b.broker.taken()
	require.Len(t, published, 2)
	require.Equal(t, "large", published[0].Ref)
	require.Equal(t, string(large), string(published[0].Data))
	require.JSONEq(t, `{"a":[1]}`, string(published[1].Data))
	for _, d := range published {
		require.Equal(t, LaneCopy, d.Lane, "no worker gets a copy")
		require.False(t, d.Arm)
	}
	require.LessOrEqual(t, published[1].Wait, time.Duration(0), "published before it was due")
}

func TestEntriesOnHoldAreNeverPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.create(NewEntry{Topic: "later.held", Ref: "r"})
	b.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold'), ('later.*', 'hold')")
	b.create(NewEntry{Topic: "held", Ref: "r"})
	require.Equal(t, 1, b.once().Claimed, "what was written before the topic was put on hold")
	require.Empty(t, b.broker.taken())
	require.Equal(t, 2, b.count(parked))
	require.Zero(t, b.once().Claimed)
}

// The entries that were published already are settled even if the data of a
// later one cannot be read.
func TestWhatIsPublishedIsSettledWhenDataCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.create(NewEntry{Topic: "copy", Ref: "small"})
	b.create(NewEntry{Topic: "copy", Ref: "large", Data: []byte(`"` + strings.Repeat("x", 100_000) + `"`)})
	b.broker.answer = func(Dispatch) error {
		b.exec("ALTER TABLE eventlog RENAME COLUMN data TO gone")
		return nil
	}
	_, err := b.relay.runOnce(t.Context())
	require.ErrorContains(t, err, "read data")
	require.Equal(t, 1, b.count("ref = 'small' AND "+parked))
	require.Equal(t, 1, b.count("ref = 'large' AND "+leased), "it comes back with the end of its lease")
}

func TestAnEntryThatGoesMeanwhileIsLeftOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.create(NewEntry{Topic: "copy", Ref: "small"})
	b.create(NewEntry{Topic: "copy", Ref: "large", Data: []byte(`"` + strings.Repeat("x", 100_000) + `"`)})
	b.broker.answer = func(Dispatch) error {
		b.exec("DELETE FROM eventlog WHERE ref = 'large'")
		return nil
	}
	require.Equal(t, 1, b.once().Published)
}

// After a loss the leases end, but for an entry that another session has locked:
// nobody waits for that.
func TestALockedEntryDoesNotStopTheRelayAfterALoss(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.async("locked")
	b.async("free")
	require.Equal(t, 2, b.once().Published)
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // ends the lock
	_, err = tx.Exec(t.Context(), "SELECT FROM eventlog WHERE ref = 'locked' FOR UPDATE")
	require.NoError(t, err)
	b.broker.set(func() { b.broker.state.Created = b.broker.state.Created.Add(time.Hour) })
	b.relay.roomAt = time.Time{}
	round := b.once()
	require.Equal(t, 1, round.LeasesEnded)
	require.Equal(t, 1, round.Published)
}

// What was postponed is looked at when it is its time, however long the interval.
func TestTheRelayDoesNotSleepOverWhatItPostponed(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{MaxAtBroker: 10, Interval: time.Minute})
	b.broker.state.Armed = 10 // no schedule can be set
	b.create(NewEntry{Topic: TopicAsync, Ref: "r", Delay: 1500 * time.Millisecond})
	round := b.once()
	require.Equal(t, 1, round.Postponed)
	require.LessOrEqual(t, round.Pause, 1500*time.Millisecond)
}

// A lane that is full at the broker stops no other, and no copy.
func TestAFullLaneStopsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{MaxAtBroker: 100})
	b.broker.state.Due[LaneSlow] = 100
	b.exec("INSERT INTO eventlog (topic, ref, slow) SELECT 'async.event', 'slow', true FROM generate_series(1, 500)")
	require.Zero(t, b.once().Claimed)
	require.Positive(t, b.once().Pause, "it rests")
	b.async("immediate")
	b.create(NewEntry{Topic: "copy", Ref: "copied"})
	require.Equal(t, 2, b.once().Published)
	require.ElementsMatch(t, []string{"immediate", "copied"}, []string{b.broker.taken()[0].Ref, b.broker.taken()[1].Ref})
}

// Under a load that outruns the workers the oldest entries go on, with a share
// for fresh ones.
func TestTheOldestAreNotStarvedByFreshOnes(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{BatchSize: 50, MaxAtBroker: 50})
	b.exec("INSERT INTO eventlog (topic, ref, dispatch_at) SELECT 'async.event', 'old', now() - interval '1 hour' FROM generate_series(1, 200)")
	for range 10 {
		b.exec("INSERT INTO eventlog (topic, ref) SELECT 'async.event', 'fresh' FROM generate_series(1, 50)")
		b.broker.set(func() { b.broker.state.Due[LaneNow] = 30 }) // room for 20
		b.relay.roomAt = time.Time{}
		b.once()
	}
	got := map[string]int{}
	for _, d := range b.broker.taken() {
		got[d.Ref]++
	}
	require.Equal(t, map[string]int{"old": 180, "fresh": 20}, got)
}

// A relay's copy of the policies may be old: what it takes for held is parked
// only if it is.
func TestOnlyWhatIsHeldIsParked(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.create(NewEntry{Topic: "t", Ref: "r"})
	b.create(NewEntry{Topic: "other", Ref: "r"})
	b.exec("INSERT INTO eventlog_topic VALUES ('t', 'hold')")
	b.broker.answer = func(Dispatch) error { // between the claim and its end
		b.exec("DELETE FROM eventlog_topic WHERE pattern = 't'")
		return nil
	}
	require.Equal(t, 1, b.once().Postponed)
	require.Equal(t, 1, b.once().Published)
}

func TestTheRelayPurgesOldRecords(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{KeepDiscarded: time.Hour})
	b.exec(`INSERT INTO eventlog_discarded (id, topic, ref, due, reason, discarded)
		SELECT eventlog_id(), 't', 'r', now(), 'stale', now() - interval '2 hours' FROM generate_series(1, 3)`)
	b.run(b.relay)
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, b.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog_discarded").Scan(&n))
		return n == 0
	}, 10*time.Second, 10*time.Millisecond)
}
