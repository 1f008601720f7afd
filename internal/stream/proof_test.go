package stream

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestWhyAMessageIsMissing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	limited := jetstream.StreamConfig{MaxMsgs: 10}
	for name, tt := range map[string]struct {
		config      jetstream.StreamConfig
		first, last uint64
		age         time.Duration
		want        outbox.Answer
	}{
		"its end has gone back":           {limited, 1, 49, time.Hour, isLost},
		"a younger stream":                {limited, 60, 100, time.Minute, isLost},
		"pushed out by others":            {limited, 51, 100, time.Hour, isRemoved},
		"pushed out, in bytes":            {jetstream.StreamConfig{MaxBytes: 10}, 51, 100, time.Hour, isRemoved},
		"too old":                         {jetstream.StreamConfig{MaxAge: time.Hour, Discard: jetstream.DiscardNew}, 51, 100, time.Hour, isRemoved},
		"a gap":                           {limited, 1, 100, time.Hour, isLost},
		"before the first, without limit": {jetstream.StreamConfig{MaxMsgs: -1, MaxBytes: -1}, 51, 100, time.Hour, isLost},
		"before the first, takes no more": {jetstream.StreamConfig{MaxMsgs: 10, Discard: jetstream.DiscardNew}, 51, 100, time.Hour, isLost},
		"a gap, one of each subject":      {jetstream.StreamConfig{MaxMsgsPerSubject: 1}, 1, 100, time.Hour, isRemoved},
		"a gap, refuses a second":         {jetstream.StreamConfig{MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true}, 1, 100, time.Hour, isLost},
		"consumers took it":               {jetstream.StreamConfig{Retention: jetstream.InterestPolicy}, 1, 100, time.Hour, isRemoved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := &jetstream.StreamInfo{
				Config: tt.config, Created: now.Add(-tt.age), TimeStamp: now,
				State: jetstream.StreamState{FirstSeq: tt.first, LastSeq: tt.last},
			}
			require.Equal(t, tt.want, whyMissing(info, outbox.Handover{Sequence: 50, Age: 10 * time.Minute}))
		})
	}
	require.Equal(t, isLost, whyMissing(nil, outbox.Handover{Sequence: 50}))
}

// What an operator's limits have removed is no loss.
func TestLimitsRemoveHandovers(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	handovers := b.handOver(handover("S", "t", "1", `1`), handover("S", "t", "2", `2`), handover("S", "t", "3", `3`))
	cfg := streamInfo(t, b.js, "S").Config
	cfg.MaxMsgs = 2
	stream, err := b.js.UpdateStream(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, []outbox.Answer{isRemoved, isHeld, isHeld}, b.holds(handovers...))
	require.NoError(t, stream.DeleteMsg(t.Context(), handovers[2].Sequence))
	require.Equal(t, []outbox.Answer{isRemoved, isHeld, isLost}, b.holds(handovers...))
}

// A stream that cannot be asked says nothing, and does not keep others from it.
func TestASilentStreamKeepsBackNoOther(t *testing.T) {
	t.Parallel()
	p := restricted(t, "$JS.API.STREAM.INFO.BAD", "$JS.API.STREAM.MSG.GET.WORSE")
	good, worse := handover("GOOD", "t", "r", `1`), handover("WORSE", "t", "r", `1`)
	handed := p.HandOver(t.Context(), []outbox.Dispatch{good, worse})
	require.NoError(t, handed[0].Err)
	require.NoError(t, handed[1].Err)
	began := time.Now()
	answers, faults := p.Holds(t.Context(), []outbox.Handover{
		{ID: good.ID, Stream: "BAD", Sequence: 1},
		{ID: good.ID, Stream: "GOOD", Sequence: handed[0].Sequence},
		{ID: worse.ID, Stream: "WORSE", Sequence: handed[1].Sequence},
		{ID: good.ID, Stream: "GOOD", Sequence: 99},
	})
	require.Equal(t, []outbox.Answer{outbox.Unknown, isHeld, outbox.Unknown, isLost}, answers)
	require.Len(t, faults, 2)
	require.ErrorContains(t, faults["BAD"], "ask for stream BAD")
	require.ErrorContains(t, faults["WORSE"], "of stream WORSE")
	require.Less(t, time.Since(began), ackWait+3*time.Second)
}
