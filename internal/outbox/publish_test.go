package outbox

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// Lines that cannot be looked at hold up the entries of ordered topics, and
// nothing else.
func TestLinesInTroubleHarmNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "o*", Policy: PolicyCopy, Ordered: true})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	b.async("async")
	b.create(NewEntry{Topic: "o1", Ref: "ordered"})
	b.create(NewEntry{Topic: "copy", Ref: "copy"})
	b.create(NewEntry{Topic: "h", Ref: "handover"})
	b.exec(`ALTER FUNCTION eventlog_pattern RENAME TO gone;
		CREATE FUNCTION eventlog_pattern(topic text) RETURNS text LANGUAGE plpgsql AS $$
		BEGIN
			RAISE 'while % are published', (SELECT count(*) FROM eventlog WHERE published_at IS NOT NULL);
		END $$`)

	round, err := b.relay.runOnce(t.Context())
	require.ErrorContains(t, err, "park entries behind others")
	require.ErrorContains(t, err, "while 1 are published", "what has no order is written down first")
	require.Equal(t, 3, round.Published)
	require.ElementsMatch(t, []string{"async", "copy", "handover"}, b.published())
	require.Equal(t, 2, b.count("published_at IS NOT NULL"), "it is written down")
	require.Equal(t, 1, b.count("ref = 'ordered' AND attempts = 0 AND dispatched_at IS NULL AND dispatch_at > now() + interval '2 seconds'"))

	b.exec("DROP FUNCTION eventlog_pattern; ALTER FUNCTION gone RENAME TO eventlog_pattern; UPDATE eventlog SET dispatch_at = now() WHERE ref = 'ordered'")
	require.Equal(t, 1, b.once().Published)
}

// What the broker took is written down before something is handed over: that may
// take longer than the round has.
func TestWhatIsPublishedIsWrittenDownBeforeHandovers(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	b.set(Topic{Pattern: "o", Policy: PolicyCopy, Ordered: true})
	b.create(NewEntry{Topic: "h", Ref: "r"})
	b.create(NewEntry{Topic: "o", Ref: "r"})
	b.create(NewEntry{Topic: "copy", Ref: "r"})
	written := -1
	ctx, cancel := context.WithCancel(t.Context())
	b.broker.answer = func(d Dispatch) error {
		if d.Stream != "" {
			written = b.count("published_at IS NOT NULL")
			cancel()
		}
		return nil
	}
	var round Round
	claim, err := b.store.Claim(t.Context(), b.relay.wants(), time.Minute)
	require.NoError(t, err)
	require.NoError(t, b.relay.dispatch(ctx, claim, &round))
	require.Equal(t, 2, written)
	require.Equal(t, 3, b.count("published_at IS NOT NULL"), "that time is up is no reason not to write")
}

// A stream that cannot be used is an attempt for what goes there, with a pause;
// the round goes on, and it is reported now and then.
func TestAStreamThatCannotBeUsedHarmsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	var log bytes.Buffer
	b.relay = NewRelay(b.store, b.broker, b.cfg, nil, zerolog.New(&log))
	b.set(Topic{Pattern: "good", Policy: PolicyHandover})
	b.set(Topic{Pattern: "bad", Policy: PolicyHandover, Stream: "BAD"})
	good, bad := b.create(NewEntry{Topic: "good", Ref: "r"}), b.create(NewEntry{Topic: "bad", Ref: "r"})
	b.broker.answer = func(d Dispatch) error {
		if d.Stream == "BAD" {
			return fmt.Errorf("%w: it is silent", ErrUnusable)
		}
		return nil
	}
	round := b.once()
	require.Equal(t, 1, round.Published)
	require.Equal(t, 1, round.Refused)
	require.Equal(t, StatePublished, b.state(good))
	require.Equal(t, 1, b.count("id = $1 AND attempts = 1 AND last_error LIKE '%it is silent' AND "+untouchedSince, bad))

	b.exec("UPDATE eventlog SET dispatch_at = now(), attempts = 100 WHERE attempts > 0")
	require.Equal(t, 1, b.once().Refused)
	require.Equal(t, 1, strings.Count(log.String(), "it is silent"))
	require.Contains(t, log.String(), `"stream":"BAD"`)
	require.Equal(t, 1, b.count("attempts = 101 AND dispatch_at < now() + interval '11 minutes'"), "nothing is wrong with the entry")

	b.broker.set(func() { b.broker.answer = nil })
	b.exec("UPDATE eventlog SET dispatch_at = now() WHERE attempts > 0")
	require.Equal(t, 1, b.once().Published)
}

const untouchedSince = "dispatched_at IS NULL AND dispatch_at > clock_timestamp()"

// What was written while its topic was on hold may have any size.
func TestDataThatAreTooLargeAreNotPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "t*", Policy: PolicyHold})
	for topic, size := range map[string]int{"t.edge": maxData - 2, "t.over": maxData - 1, "t.huge": 10 << 20} {
		b.exec("SELECT eventlog_create($1, 'r', to_json(repeat('x', $2::int)))", topic, size)
	}
	b.set(Topic{Pattern: "t*", Policy: PolicyCopy})
	b.set(Topic{Pattern: "t.huge", Policy: PolicyHandover})
	require.Equal(t, 3, b.tidy().Ready)
	round := b.once()
	require.Equal(t, 2, round.Refused)
	require.Equal(t, 1, round.Published)
	require.Equal(t, "t.edge", b.broker.taken()[0].Topic)
	require.Equal(t, 2, b.count("attempts = 1 AND last_error LIKE '%bytes%' AND dispatch_at > now()"))

	var size int
	var data []byte
	require.NoError(t, b.pool.QueryRow(t.Context(),
		publishableDataSQL, b.only("topic = 't.huge'"), maxData).Scan(&size, &data))
	require.Greater(t, size, 10<<20)
	require.Nil(t, data, "it is not even read")
}

// only returns the id of the one entry that fits.
func (b *bench) only(where string) (id uuid.UUID) {
	b.t.Helper()
	require.Equal(b.t, 1, b.count(where))
	require.NoError(b.t, b.pool.QueryRow(b.t.Context(), "SELECT id FROM eventlog WHERE "+where).Scan(&id))
	return id
}

// A broker that goes away while large data are read gets no more of them.
func TestLargeDataGoBackWhenTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	for range largeAtOnce + 4 {
		b.create(NewEntry{Topic: "copy", Ref: "r", Data: []byte(`"` + strings.Repeat("x", 10_000) + `"`)})
	}
	asked := 0
	b.broker.answer = func(Dispatch) error { asked++; return errAway }
	round, err := b.relay.runOnce(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, largeAtOnce, asked)
	require.Equal(t, largeAtOnce+4, round.GivenBack)
	require.Equal(t, largeAtOnce+4, b.count(hasItTime+" AND attempts = 0"))
}

// A relay that pauses after an error still hears that something was written.
func TestARelayInTroubleHearsTheWakeUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{Interval: time.Hour})
	b.broker.stateErr = errAway
	b.run(b.relay)
	looks := func() (n int) {
		b.broker.set(func() { n = b.broker.looks })
		return n
	}
	// By the twelfth the pause would be minutes.
	for range 12 {
		before := looks()
		require.Eventually(t, func() bool { b.relay.Wake(); return looks() > before }, 5*time.Second, time.Millisecond)
	}
	b.broker.set(func() { b.broker.stateErr = nil })
	b.async("r")
	b.relay.Wake()
	require.Eventually(t, func() bool { return len(b.broker.taken()) == 1 }, 5*time.Second, time.Millisecond)
}

// A late word of a relay whose lease is over changes nothing.
func TestALateFailureChangesNothing(t *testing.T) {
	t.Parallel()
	claimed := func(b *bench) Claimed {
		claim, err := b.store.Claim(t.Context(), b.relay.wants(), time.Microsecond)
		require.NoError(t, err)
		require.Len(t, claim.Entries, 1)
		return claim.Entries[0]
	}
	for name, meanwhile := range map[string]func(*bench){
		"claimed again": func(b *bench) { claimed(b) },
		"published":     func(b *bench) { require.Equal(t, 1, b.once().Published) },
		"given back": func(b *bench) {
			c := claimed(b)
			require.NoError(t, b.store.Postpone(t.Context(), []Postponement{{ID: c.ID, Generation: c.Generation}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, RelayConfig{})
			b.create(NewEntry{Topic: "t", Ref: "r"})
			late := claimed(b)
			meanwhile(b)
			recorded, err := b.store.Fail(t.Context(), []Failure{{ID: late.ID, Generation: late.Generation, Error: "late"}})
			require.NoError(t, err)
			require.Empty(t, recorded)
			require.Zero(t, b.count("attempts > 0 OR last_error IS NOT NULL"))
		})
	}

	b := newBench(t, RelayConfig{})
	id := b.create(NewEntry{Topic: "t", Ref: "r"})
	require.Equal(t, 1, b.once().Published)
	_, err := b.store.Fail(t.Context(), []Failure{{ID: id, Error: "late"}})
	require.NoError(t, err)
	require.Zero(t, b.once().Published, "what was published is published once")
	_, err = b.pool.Exec(t.Context(), "UPDATE eventlog SET dispatch_at = now()")
	require.ErrorContains(t, err, "eventlog_published_once", "nor may anything else give it a time")
}

// A postponement, or a failure, that is on its way when an entry is fired does not
// undo it.
func TestFireIsNotUndone(t *testing.T) {
	t.Parallel()
	for name, undo := range map[string]func(*Store, Claimed) error{
		"postponed": func(s *Store, c Claimed) error {
			return s.Postpone(t.Context(), []Postponement{{ID: c.ID, Generation: c.Generation, Wait: time.Hour}})
		},
		"failed": func(s *Store, c Claimed) error {
			_, err := s.Fail(t.Context(), []Failure{{ID: c.ID, Generation: c.Generation, Error: "late", Pause: time.Hour}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, RelayConfig{})
			id := b.create(NewEntry{Topic: TopicAsync, Ref: "r", Delay: 25 * time.Second})
			claim, err := b.store.Claim(t.Context(), []Want{{Lane: LaneTimer, Oldest: 10}}, time.Minute)
			require.NoError(t, err)
			require.Len(t, claim.Entries, 1)
			require.NoError(t, Fire(t.Context(), b.pool, id))
			require.NoError(t, undo(b.store, claim.Entries[0]))
			require.Equal(t, 1, b.once().Published)
		})
	}
}

// Nobody is told that an entry never happens while a relay publishes it.
func TestWhatARelayHasInHandIsNotCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	copied, handed := b.create(NewEntry{Topic: "t", Ref: "r"}), b.create(NewEntry{Topic: "h", Ref: "r"})
	async := b.async("r")
	answers := map[uuid.UUID]error{}
	b.broker.answer = func(d Dispatch) error {
		answers[d.ID] = Cancel(t.Context(), b.pool, d.ID)
		return nil
	}
	b.once()
	require.ErrorIs(t, answers[copied], ErrPublished)
	require.ErrorIs(t, answers[handed], ErrPublished)
	require.NoError(t, answers[async], "a worker will find that it has gone")
	require.Equal(t, 2, b.count("published_at IS NOT NULL"))

	refused := b.create(NewEntry{Topic: "t", Ref: "refused"})
	b.broker.answer = func(Dispatch) error { return ErrRefused }
	b.once()
	require.NoError(t, Cancel(t.Context(), b.pool, refused), "it has come back")
}
