package outbox

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func (b *bench) set(topic Topic) {
	b.t.Helper()
	require.NoError(b.t, SetTopic(b.t.Context(), b.pool, topic))
}

// tidy runs the housekeeper once, as if all its pauses were over.
func (b *bench) tidy() Chores {
	b.t.Helper()
	chores, err := newHousekeeper(b.relay).runOnce(b.t.Context())
	require.NoError(b.t, err)
	return chores
}

func (b *bench) state(id uuid.UUID) State {
	b.t.Helper()
	entry, err := Get(b.t.Context(), b.pool, id)
	require.NoError(b.t, err)
	return entry.State
}

func (b *bench) published() (refs []string) {
	for _, d := range b.broker.taken() {
		refs = append(refs, d.Ref)
	}
	return refs
}

// A change of a policy holds for what waits. What was published stays published.
func TestAChangedPolicyHoldsForWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "t.*", Policy: PolicyHold})
	first := b.create(NewEntry{Topic: "t.a", Ref: "first"})
	later := b.create(NewEntry{Topic: "t.a", Ref: "later", Delay: time.Hour})
	other := b.create(NewEntry{Topic: "u", Ref: "other", Delay: time.Hour})
	require.Zero(t, b.tidy().Ready)
	require.Equal(t, StateHeld, b.state(first))
	require.Equal(t, StateHeld, b.state(later))
	require.Equal(t, StatePending, b.state(other))

	b.set(Topic{Pattern: "t.*", Policy: PolicyCopy})
	require.Equal(t, StatePending, b.state(first), "the list says so at once")
	require.Equal(t, 2, b.tidy().Ready)
	require.Equal(t, 1, b.once().Published)
	require.Equal(t, []string{"first"}, b.published())
	require.Equal(t, StatePublished, b.state(first))
	require.Equal(t, StatePending, b.state(later))
	require.Equal(t, 1, b.count("ref = 'later' AND dispatch_at = due"), "not before it is due")

	second := b.create(NewEntry{Topic: "t.a", Ref: "second"})
	b.set(Topic{Pattern: "t.a", Policy: PolicyHold})
	require.Equal(t, StateHeld, b.state(second))
	require.Equal(t, StateHeld, b.state(later))
	require.Equal(t, StatePublished, b.state(first), "what was published stays published")
	require.Zero(t, b.once().Published)
	require.Equal(t, []string{"first"}, b.published())

	require.NoError(t, RemoveTopic(t.Context(), b.pool, "t.a"))
	require.NoError(t, RemoveTopic(t.Context(), b.pool, "t.*"))
	require.Equal(t, 1, b.tidy().Ready, "the later one was never parked")
	require.Equal(t, 1, b.once().Published)
	require.Equal(t, []string{"first", "second"}, b.published())
}

// What is parked in many topics is found, too.
func TestTheHousekeeperGoesRoundAllTopics(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "*", Policy: PolicyHold})
	b.exec("INSERT INTO eventlog (topic, ref, dispatch_at) SELECT 't' || i, 'r', NULL FROM generate_series(1, 1500) i")
	b.set(Topic{Pattern: "*", Policy: PolicyCopy})
	keeper := newHousekeeper(b.relay)
	ready, more := 0, true
	for more {
		chores, err := keeper.runOnce(t.Context())
		require.NoError(t, err)
		ready, more = ready+chores.Ready, chores.More
	}
	require.Equal(t, 1500, ready)
}

func TestTheRelayMakesReadyWhatIsNoLongerHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{Interval: 50 * time.Millisecond})
	b.set(Topic{Pattern: "t", Policy: PolicyHold})
	b.create(NewEntry{Topic: "t", Ref: "r"})
	b.run(b.relay)
	b.set(Topic{Pattern: "t", Policy: PolicyCopy})
	require.Eventually(t, func() bool { return len(b.broker.taken()) == 1 }, 10*time.Second, 5*time.Millisecond)
}

func TestCopiesAreRemovedAfterTheirRetention(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "kept.*", Policy: PolicyCopy, Retention: time.Hour})
	old := b.create(NewEntry{Topic: "kept.a", Ref: "old"})
	held := b.create(NewEntry{Topic: "kept.b", Ref: "held"})
	b.create(NewEntry{Topic: "kept.a", Ref: "fresh"})
	b.create(NewEntry{Topic: "other", Ref: "other"})
	b.create(NewEntry{Topic: "kept.a", Ref: "waits", Delay: time.Hour})
	require.Equal(t, 4, b.once().Published)
	require.Zero(t, b.tidy().Expired)

	b.exec("UPDATE eventlog SET published_at = now() - interval '2 hours' WHERE ref <> 'fresh' AND published_at IS NOT NULL")
	_, err := Lock(t.Context(), b.pool, held, "anna", time.Hour)
	require.NoError(t, err)
	require.Equal(t, 1, b.tidy().Expired)
	_, err = Get(t.Context(), b.pool, old)
	require.ErrorIs(t, err, ErrNotFound)
	require.Equal(t, 4, b.count("true"))
	require.NoError(t, Unlock(t.Context(), b.pool, held, "anna"))
	require.Equal(t, 1, b.tidy().Expired)

	b.set(Topic{Pattern: "kept.*", Policy: PolicyCopy, Retention: time.Microsecond})
	require.Equal(t, 1, b.tidy().Expired, "a change holds for what is there")
	require.Equal(t, 2, b.count("ref IN ('other', 'waits')"))
}

func TestOldKeysArePurged(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	entry := NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "key"}
	first := b.create(entry)
	b.create(NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "other"})
	require.Zero(t, b.tidy().Purged)
	b.exec("UPDATE eventlog_key SET created = now() - interval '24 hours' WHERE key = 'key'")

	// Even before it is purged the key holds no more, nor for the same content.
	entry.Ref = "other"
	id, isNew, err := CreateOnce(t.Context(), b.pool, entry)
	require.NoError(t, err)
	require.True(t, isNew)
	require.NotEqual(t, first, id)
	again, isNew, err := CreateOnce(t.Context(), b.pool, entry)
	require.NoError(t, err)
	require.False(t, isNew)
	require.Equal(t, id, again)

	b.exec("UPDATE eventlog_key SET created = now() - interval '24 hours' WHERE key = 'key'")
	require.Equal(t, 1, b.tidy().Purged)
	n := 0
	require.NoError(t, b.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog_key").Scan(&n))
	require.Equal(t, 1, n)
}

func TestUnconsumedTopicsAreFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "kept", Policy: PolicyCopy, Retention: 24 * time.Hour})
	b.set(Topic{Pattern: "handed", Policy: PolicyHandover})
	for _, topic := range []string{"forgotten", "forgotten", "forgotten", "older", "kept", "handed", "fresh"} {
		b.create(NewEntry{Topic: topic, Ref: "r"})
	}
	b.create(NewEntry{Topic: "waits", Ref: "r", Delay: time.Hour})
	require.Equal(t, 7, b.once().Published)
	b.exec("UPDATE eventlog SET published_at = now() - interval '2 hours' WHERE topic <> 'fresh' AND published_at IS NOT NULL")
	b.exec("UPDATE eventlog SET published_at = now() - interval '3 hours' WHERE topic = 'older'")
	b.exec("UPDATE eventlog SET published_at = now() WHERE id = (SELECT max(id::text)::uuid FROM eventlog WHERE topic = 'forgotten')")

	backlogs, err := Unconsumed(t.Context(), b.pool, time.Hour)
	require.NoError(t, err)
	require.Len(t, backlogs, 2)
	require.Equal(t, "older", backlogs[0].Topic)
	require.Equal(t, "forgotten", backlogs[1].Topic)
	require.Equal(t, 2, backlogs[1].Entries)
	require.InDelta(t, 2*3600, backlogs[1].Oldest.Seconds(), 60)
	backlogs, err = Unconsumed(t.Context(), b.pool, 4*time.Hour)
	require.NoError(t, err)
	require.Empty(t, backlogs)

	b.exec("INSERT INTO eventlog (topic, ref, published_at, dispatch_at) SELECT 'many' || i, 'r', now() - interval '1 day', NULL FROM generate_series(1, 50) i")
	backlogs, err = Unconsumed(t.Context(), b.pool, 0)
	require.NoError(t, err)
	require.Len(t, backlogs, maxBacklogs, "the metric has no more series")
}

func TestRelayMetricsShowWhatNobodyConsumes(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	registry := prometheus.NewRegistry()
	b.relay = NewRelay(b.store, b.broker, b.cfg, NewRelayMetrics(registry), zerolog.Nop())
	b.create(NewEntry{Topic: "forgotten", Ref: "r"})
	b.once()
	b.exec("UPDATE eventlog SET published_at = now() - interval '1 hour'")
	values := func() map[string]float64 {
		b.tidy()
		families, err := registry.Gather()
		require.NoError(t, err)
		values := map[string]float64{}
		for _, family := range families {
			for _, m := range family.GetMetric() {
				if labels := m.GetLabel(); len(labels) == 1 && labels[0].GetName() == "topic" {
					values[family.GetName()+" "+labels[0].GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
		return values
	}
	got := values()
	require.InDelta(t, 1, got["postlude_unconsumed_entries forgotten"], 0)
	require.InDelta(t, 3600, got["postlude_unconsumed_oldest_seconds forgotten"], 60)
	b.exec("DELETE FROM eventlog")
	require.Empty(t, values(), "a topic that is in order again goes")
}
