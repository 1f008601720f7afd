package outbox

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	const horizon = 30 * time.Second
	for name, tt := range map[string]struct {
		policy  Policy
		wait    time.Duration
		mayArm  bool
		want    action
		forTime time.Duration
	}{
		"async, long due":              {PolicyAsync, -time.Hour, true, publish, 0},
		"async, due":                   {PolicyAsync, 0, true, publish, 0},
		"async, as good as due":        {PolicyAsync, soon, true, publish, 0},
		"async, as good as due, full":  {PolicyAsync, soon, false, publish, 0},
		"async, within the horizon":    {PolicyAsync, soon + 1, true, arm, 0},
		"async, at the horizon":        {PolicyAsync, horizon, true, arm, 0},
		"async, within, schedules cap": {PolicyAsync, horizon, false, postpone, horizon},
		"async, beyond the horizon":    {PolicyAsync, horizon + time.Minute, true, postpone, time.Minute},
		"copy, due":                    {PolicyCopy, 0, true, publish, 0},
		"copy, long due":               {PolicyCopy, -time.Hour, false, publish, 0},
		"copy, a moment early":         {PolicyCopy, time.Microsecond, true, postpone, time.Microsecond},
		"copy, far":                    {PolicyCopy, time.Hour, true, postpone, time.Hour},
		"hold, due":                    {PolicyHold, 0, true, park, OnHold},
		"hold, early":                  {PolicyHold, time.Hour, true, park, OnHold},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, wait := decide(&Claimed{Wait: tt.wait}, tt.policy, horizon, tt.mayArm)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.forTime, wait)
		})
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	want := []time.Duration{
		time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, time.Hour,
	}
	for i, pause := range want {
		require.Equal(t, pause, Pause(i+1), "attempt %d", i+1)
	}
	require.Equal(t, time.Hour, Pause(1_000_000))
	require.Equal(t, time.Hour, Pause(0), "no attempt has no number")
}

func TestStreamMarkNoticesALoss(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	mark := streamMark{created: created, lastSequence: 10}
	for name, tt := range map[string]struct {
		now  BrokerState
		lost bool
	}{
		"nothing new":      {BrokerState{Created: created, LastSequence: 10}, false},
		"further":          {BrokerState{Created: created, LastSequence: 11}, false},
		"in another place": {BrokerState{Created: created.In(time.FixedZone("", 3600)), LastSequence: 10}, false},
		"gone back":        {BrokerState{Created: created, LastSequence: 9}, true},
		"another stream":   {BrokerState{Created: created.Add(time.Second), LastSequence: 10}, true},
		"and further":      {BrokerState{Created: created.Add(time.Second), LastSequence: 99}, true},
	} {
		require.Equal(t, tt.lost, mark.lost(tt.now), name)
	}
}

func TestEachLaneWantsWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ room, oldest, newest int }{
		"empty broker":  {1000, 100, 0},
		"half full":     {500, 100, 0},
		"backlog":       {499, 90, 10},
		"room for some": {50, 45, 5},
		"hardly any":    {5, 5, 0},
		"full":          {0, 0, 0},
		"over full":     {-50, 0, 0},
	} {
		r := NewRelay(nil, nil, RelayConfig{BatchSize: 100, MaxAtBroker: 1000}, nil, zerolog.Nop())
		r.room.due = map[Lane]int{LaneNow: 1000, LaneTimer: 1000, LaneSlow: tt.room}
		require.Equal(t, []Want{
			{LaneCopy, 100, 0}, {LaneNow, 100, 0}, {LaneTimer, 100, 0}, {LaneSlow, tt.oldest, tt.newest},
		}, r.wants(), name)
	}
}

func TestPauseAfterAClaim(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		claimed    int
		want       Want
		next, long time.Duration
	}{
		"full":                  {100, Want{LaneNow, 100, 0}, time.Hour, 0},
		"full, with fresh ones": {100, Want{LaneNow, 90, 10}, time.Hour, 0},
		"nothing, nothing next": {0, Want{LaneNow, 100, 0}, -1, time.Second},
		"nothing, next is far":  {0, Want{LaneNow, 100, 0}, time.Hour, time.Second},
		"nothing, next is near": {0, Want{LaneNow, 100, 0}, time.Millisecond, time.Millisecond},
		"next is now":           {5, Want{LaneNow, 100, 0}, 0, 0},
		"room for no more":      {5, Want{LaneNow, 5, 0}, time.Hour, noRoomPause},
		"room for none":         {0, Want{LaneNow, 0, 0}, -1, noRoomPause},
	} {
		r := NewRelay(nil, nil, RelayConfig{BatchSize: 100}, nil, zerolog.Nop())
		claim := Claim{Entries: make([]Claimed, tt.claimed), Next: tt.next}
		for i := range claim.Entries {
			claim.Entries[i].Lane = LaneNow
		}
		require.Equal(t, tt.long, r.pauseAfter(claim, []Want{{LaneCopy, 100, 0}, tt.want}), name)
	}
}

// An hour without workers must not become an hour of claims.
func TestTheRelayRestsLongerWhileNothingMoves(t *testing.T) {
	t.Parallel()
	r := NewRelay(nil, nil, RelayConfig{}, nil, zerolog.Nop())
	full, some := []Want{{Lane: LaneNow}}, Claim{Entries: make([]Claimed, 1), Next: -1}
	var pauses []time.Duration
	for range 6 {
		pauses = append(pauses, r.pauseAfter(Claim{Next: -1}, full))
	}
	require.Equal(t, []time.Duration{
		noRoomPause, 2 * noRoomPause, 4 * noRoomPause, 8 * noRoomPause, 16 * noRoomPause, time.Second,
	}, pauses)
	require.Equal(t, noRoomPause, r.pauseAfter(some, full))
}

func TestTheHorizonStaysWithinTheLease(t *testing.T) {
	t.Parallel()
	require.Equal(t, 30*time.Second, RelayConfig{}.withDefaults().Horizon)
	require.Equal(t, 5*time.Second, RelayConfig{Lease: 10 * time.Second}.withDefaults().Horizon)
	require.Equal(t, 2*time.Second, RelayConfig{Lease: 10 * time.Second, Horizon: 2 * time.Second}.withDefaults().Horizon)
	require.Equal(t, time.Second, RelayConfig{Interval: -1}.withDefaults().Interval)
}

func TestRunEndsDuringTheInitialDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Without a store: it is not to be touched.
		r := NewRelay(nil, nil, RelayConfig{InitialDelay: time.Hour}, nil, zerolog.Nop())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r.Wake() // is no reason to begin early
		began := time.Now()
		require.NoError(t, r.Run(ctx))
		require.Equal(t, time.Minute, time.Since(began))
	})
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		wake := make(chan struct{}, 1)
		require.True(t, sleep(t.Context(), 0, wake))
		require.True(t, sleep(t.Context(), time.Second, wake))
		require.Equal(t, time.Second, time.Since(began))
		wake <- struct{}{}
		require.True(t, sleep(t.Context(), time.Hour, wake))
		require.Equal(t, time.Second, time.Since(began))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.False(t, sleep(ctx, 0, nil))
		require.False(t, sleep(ctx, time.Hour, nil))
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestWakeNeverBlocks(t *testing.T) {
	t.Parallel()
	r := NewRelay(nil, nil, RelayConfig{}, nil, zerolog.Nop())
	for range 10 {
		r.Wake()
	}
	require.Len(t, r.wake, 1)
}
