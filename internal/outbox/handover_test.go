package outbox

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func (b *bench) prove() Proof {
	b.t.Helper()
	proof, err := newProver(b.relay).runOnce(b.t.Context())
	require.NoError(b.t, err)
	return proof
}

func (b *bench) graceIsOver() {
	b.t.Helper()
	b.exec("UPDATE eventlog SET published_at = published_at - interval '1 hour' WHERE published_at IS NOT NULL")
}

// An entry is removed when its grace is over and the broker still has it.
func TestAHandoverIsRemovedWhenItIsProved(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover, Stream: "S"})
	large := `"` + strings.Repeat("x", 100_000) + `"`
	kept, lost := b.create(NewEntry{Topic: "h", Ref: "kept", Data: []byte(large)}), b.create(NewEntry{Topic: "h", Ref: "lost"})
	b.create(NewEntry{Topic: "copy", Ref: "copy"})
	require.Equal(t, 3, b.once().Published)
	for _, d := range b.broker.taken() {
		want := "S"
		if d.Topic == "copy" {
			want = ""
		}
		require.Equal(t, want, d.Stream, d.Ref)
	}
	require.Equal(t, StatePublished, b.state(kept))
	require.Zero(t, b.prove(), "before its grace is over")

	b.graceIsOver()
	b.broker.set(func() {
		for i, id := range b.broker.stored {
			if id == lost {
				b.broker.stored[i] = uuid.Nil
			}
		}
	})
	require.Equal(t, Proof{Removed: 1, Lost: 1}, b.prove())
	_, err := Get(t.Context(), b.pool, kept)
	require.ErrorIs(t, err, ErrNotFound)
	require.Equal(t, StatePending, b.state(lost))
	require.Zero(t, b.prove())

	require.Equal(t, 1, b.once().Published, "it is published again")
	require.Zero(t, b.prove(), "its grace begins anew")
	b.graceIsOver()
	require.Equal(t, Proof{Removed: 1}, b.prove())
	require.Equal(t, 1, b.count("true"), "the copy stays")
}

// Nothing is removed on the word of a broker that cannot be asked.
func TestNothingIsRemovedWithoutAProof(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	b.create(NewEntry{Topic: "h", Ref: "r"})
	b.once()
	b.graceIsOver()
	b.broker.silent = map[string]error{DefaultStream: errAway}
	require.Equal(t, Proof{Unknown: 1}, b.prove())
	require.Equal(t, 1, b.count("published_at IS NOT NULL"))
	b.broker.silent = nil
	require.Equal(t, Proof{Removed: 1}, b.prove())
}

func TestAHandoverThatAClientHoldsStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	id := b.create(NewEntry{Topic: "h", Ref: "r"})
	b.once()
	b.graceIsOver()
	_, err := Lock(t.Context(), b.pool, id, "anna", time.Hour)
	require.NoError(t, err)
	require.Zero(t, b.prove())
	require.NoError(t, Unlock(t.Context(), b.pool, id, "anna"))
	require.Equal(t, Proof{Removed: 1}, b.prove())
}

// What was handed over stays, as a copy, when its topic is not for handover any
// more: nobody removes it then.
func TestAHandoverBecomesACopyWithItsPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	id := b.create(NewEntry{Topic: "h", Ref: "r"})
	b.once()
	b.graceIsOver()
	b.set(Topic{Pattern: "h", Policy: PolicyHold})
	require.Equal(t, Proof{Kept: 1}, b.prove())
	require.Equal(t, StatePublished, b.state(id))
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	require.Zero(t, b.prove())
	require.Zero(t, b.once().Published)
	backlogs, err := Unconsumed(t.Context(), b.pool, 0)
	require.NoError(t, err)
	require.Len(t, backlogs, 1)
}

// Two relays that ask for the same entries, one with an old answer, do not harm
// each other.
func TestAnOldAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	b.create(NewEntry{Topic: "h", Ref: "r"})
	b.once()
	b.graceIsOver()
	old, err := b.store.handovers(t.Context(), []Topic{{Pattern: "h", Grace: time.Minute}}, []string{}, sweepLimit)
	require.NoError(t, err)
	require.Len(t, old, 1)
	n, err := b.store.settleHandovers(t.Context(), handOverAgainSQL, old)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	b.broker.set(func() { b.broker.stored = nil }) // a new stream, which counts from the beginning
	require.Equal(t, 1, b.once().Published)
	for _, sql := range []string{handOverAgainSQL, removeHandedSQL} {
		n, err = b.store.settleHandovers(t.Context(), sql, old)
		require.NoError(t, err)
		require.Zero(t, n)
	}
}

// A stream that is not ours stops its own entries, and nothing else.
func TestARefusedHandoverHarmsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover})
	b.create(NewEntry{Topic: "h", Ref: "r"})
	b.async("async")
	b.broker.answer = func(d Dispatch) error {
		if d.Stream != "" {
			return ErrRefused
		}
		return nil
	}
	round := b.once()
	require.Equal(t, 1, round.Refused)
	require.Equal(t, 1, round.Published)
	require.Equal(t, 1, b.count("topic = 'h' AND attempts = 1 AND last_error <> '' AND dispatch_at > now()"))
}

func TestTheRelayProvesHandovers(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{Interval: 50 * time.Millisecond})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover, Grace: 50 * time.Millisecond})
	for range 3 {
		b.create(NewEntry{Topic: "h", Ref: "r"})
	}
	b.run(b.relay)
	require.Eventually(t, func() bool { return b.count("true") == 0 }, 10*time.Second, 5*time.Millisecond)
	require.Len(t, b.broker.taken(), 3)
}

// A stream that cannot be asked keeps back its own proofs, not those of others,
// and is left alone for a while.
func TestASilentStreamKeepsBackItsOwnProofs(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.exec(`INSERT INTO eventlog (topic, ref, dispatch_at, published_at, stream, stream_sequence)
		SELECT 'h', 'bad', NULL, now() - interval '1 hour', 'BAD', i FROM generate_series(1, $1::int + 5) i`, sweepLimit)
	b.set(Topic{Pattern: "h", Policy: PolicyHandover, Stream: "GOOD"})
	b.create(NewEntry{Topic: "h", Ref: "good"})
	b.once()
	b.graceIsOver()
	b.broker.silent = map[string]error{"BAD": errAway}
	p := newProver(b.relay)
	look := func() Proof {
		proof, err := p.runOnce(t.Context())
		require.NoError(t, err)
		return proof
	}
	b.set(Topic{Pattern: "i", Policy: PolicyHandover, Stream: "GOOD"})
	b.create(NewEntry{Topic: "i", Ref: "good"})
	b.once()
	b.graceIsOver()
	require.Equal(t, Proof{Removed: 1, Unknown: sweepLimit / 2, More: true}, look())
	require.Equal(t, Proof{Removed: 1}, look(), "it is not asked again at once, nor in the way of what came later")
	require.Equal(t, sweepLimit+5, b.count("published_at IS NOT NULL AND stream = 'BAD'"))
	b.broker.silent = nil
	p.away["BAD"] = time.Now()
	require.Equal(t, sweepLimit, look().Lost)
}

// What the limits of the stream removed is not published again: it would only push
// out the next. It stays, and is reported like any copy that nobody removes.
func TestWhatLimitsRemovedIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "h", Policy: PolicyHandover, Stream: "S"})
	id := b.create(NewEntry{Topic: "h", Ref: "r"})
	b.once()
	b.graceIsOver()
	b.broker.removed = map[uuid.UUID]bool{id: true}
	require.Equal(t, Proof{Limited: 1}, b.prove())
	require.Equal(t, StatePublished, b.state(id))
	require.Equal(t, 1, b.count("last_error LIKE '%limits of the stream S%' AND stream IS NULL"))
	require.Zero(t, b.prove())
	require.Zero(t, b.once().Published)
	backlogs, err := Unconsumed(t.Context(), b.pool, 0)
	require.NoError(t, err)
	require.Len(t, backlogs, 1)
}

// However many topics there are, a look reads a part of them, and does not begin
// anew at once when it has found nothing to do.
func TestProofsOfManyTopicsTakeTheirTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "*", Policy: PolicyHandover})
	b.exec(`INSERT INTO eventlog (topic, ref, dispatch_at, published_at, stream, stream_sequence)
		SELECT 't' || i, 'r', NULL, now(), 'S', i FROM generate_series(1, 1500) i`)
	p := newProver(b.relay)
	proof, err := p.runOnce(t.Context())
	require.NoError(t, err)
	require.Zero(t, proof)
	require.NotEmpty(t, p.topic, "it goes on from there")

	b.graceIsOver()
	b.broker.set(func() { b.broker.stored = nil })
	for lost := 0; lost < 1500; {
		proof, err := p.runOnce(t.Context())
		require.NoError(t, err)
		require.Positive(t, proof.Lost)
		require.True(t, proof.More)
		lost += proof.Lost
	}
}
