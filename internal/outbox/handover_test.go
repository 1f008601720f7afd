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
	b.broker.holdsErr = errAway
	_, err := newProver(b.relay).runOnce(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, 1, b.count("published_at IS NOT NULL"))
	b.broker.holdsErr = nil
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
	old, err := b.store.handovers(t.Context(), []Topic{{Pattern: "h", Grace: time.Minute}})
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
