package stream

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
)

func messageAt(at time.Time) *message {
	return &message{Delivery: asyncevent.Delivery{ID: uuid.New()}, at: at}
}

func TestHeldMessagesComeInTheOrderOfTheirTime(t *testing.T) {
	t.Parallel()
	start := time.Now()
	h := newHeld()
	_, ok := h.next()
	require.False(t, ok)
	require.Empty(t, h.ready(start, 10))
	for _, second := range []int{3, 1, 2, 5, 4} {
		h.add(messageAt(start.Add(time.Duration(second) * time.Second)))
	}
	at, ok := h.next()
	require.True(t, ok)
	require.Equal(t, start.Add(time.Second), at)
	require.Empty(t, h.ready(at.Add(-1), 10), "before its time")
	require.Len(t, h.ready(at, 10), 1, "at its time")
	require.Len(t, h.ready(start.Add(time.Hour), 2), 2, "no more than wanted")
	require.Equal(t, 2, h.len())
	require.Len(t, h.all(), 2)
	require.Zero(t, h.len())
	require.Empty(t, h.byID)
}

func TestALaterDeliveryTakesThePlaceOfTheFirst(t *testing.T) {
	t.Parallel()
	start := time.Now()
	h := newHeld()
	first := messageAt(start)
	second := &message{Delivery: first.Delivery, at: start.Add(time.Second)}
	h.add(messageAt(start.Add(time.Minute)))
	h.add(first)
	h.add(second)
	require.Equal(t, 2, h.len())
	require.Empty(t, h.ready(start, 10))
	require.Equal(t, []*message{second}, h.ready(start.Add(time.Second), 10))
}

// Whatever is done to it, it gives what a plain list would give.
func TestHeldBehavesLikeAList(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	start := time.Now()
	ids := make([]uuid.UUID, 50)
	for i := range ids {
		ids[i] = uuid.New()
	}
	h := newHeld()
	list := map[uuid.UUID]*message{}
	for range 20_000 {
		now := start.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		if random.IntN(3) > 0 {
			m := &message{Delivery: asyncevent.Delivery{ID: ids[random.IntN(len(ids))]}, at: now}
			h.add(m)
			list[m.ID] = m
			require.Equal(t, len(list), h.len())
			continue
		}
		n := random.IntN(5)
		var due []time.Time
		for _, m := range list {
			if !m.at.After(now) {
				due = append(due, m.at)
			}
		}
		slices.SortFunc(due, time.Time.Compare)
		var got []time.Time
		for _, m := range h.ready(now, n) {
			require.Same(t, list[m.ID], m)
			delete(list, m.ID)
			got = append(got, m.at)
		}
		require.True(t, slices.Equal(due[:min(n, len(due))], got), "want %v, got %v", due, got)
		require.Equal(t, len(list), h.len())
	}
}
