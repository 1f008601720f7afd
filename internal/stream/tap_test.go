package stream

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestTheTapShowsEveryEntryAndTakesNone(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	observer := connect(t, b.server.URL())
	tap, err := observer.SubscribeSync("eventlog.>")
	require.NoError(t, err)
	require.NoError(t, observer.Flush())

	refs := []string{"plain", "a.b.c", "a b", "*", ">", "ü/€", "100%", "", "{{wildcard(1)}}"}
	want := map[string]string{} // ce-id → subject
	var dispatches []outbox.Dispatch
	for _, ref := range refs {
		for _, d := range []outbox.Dispatch{
			immediate(ref, outbox.LaneNow), armed(ref, 800*time.Millisecond), copied("invoice sent.*.ä", ref, `{"text":["content"]}`),
		} {
			dispatches = append(dispatches, d)
			want[d.ID.String()] = b.cfg.Names.Tap(d.Topic, ref)
		}
	}
	b.publish(dispatches...)

	seen := map[string]*nats.Msg{}
	for len(seen) < len(dispatches) {
		msg, err := tap.NextMsg(patience)
		require.NoError(t, err, "%d of %d seen", len(seen), len(dispatches))
		seen[msg.Header.Get("ce-id")] = msg
	}
	for _, d := range dispatches {
		msg := seen[d.ID.String()]
		require.NotNil(t, msg, "not shown: %s about %q, armed %t", d.Topic, d.Ref, d.Arm)
		require.Equal(t, want[d.ID.String()], msg.Subject)
		tokens := strings.Split(msg.Subject, ".")
		ref, err := DecodeToken(tokens[len(tokens)-1])
		require.NoError(t, err)
		require.Equal(t, d.Ref, ref)
		require.Equal(t, "1.0", msg.Header.Get("ce-specversion"))
		require.Equal(t, source(b.cfg.Installation), msg.Header.Get("ce-source"))
		require.Equal(t, headerValue(d.Topic), msg.Header.Get("ce-type"))
		require.Equal(t, headerValue(d.Ref), msg.Header.Get("ce-subject"))
		if d.Lane == outbox.LaneCopy {
			require.Equal(t, string(d.Data), string(msg.Data))
		} else {
			require.NotContains(t, string(msg.Data), "secret", "a tap leaks no content")
			require.Contains(t, string(msg.Data), d.ID.String())
		}
	}

	// The tap's stream has kept them, those that were delayed as well.
	kept, err := b.js.Stream(t.Context(), "EVENTLOG")
	require.NoError(t, err)
	for id, subject := range want {
		_, err := kept.GetLastMsgForSubject(t.Context(), subject)
		require.NoError(t, err, "entry %s on %s is not kept", id, subject)
	}
	require.Equal(t, uint64(len(dispatches)), streamInfo(t, b.js, "EVENTLOG").State.Msgs)

	// And the workers still have theirs.
	require.Equal(t, 2*len(refs), b.left())
	b.requireDue(2 * len(refs))
}

func TestTheBellRings(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	bell := NewBell(connect(t, b.server.URL()), b.cfg.Names)
	woken := make(chan struct{}, 10)
	stop, err := NewBell(b.nc, b.cfg.Names).Listen(func() { woken <- struct{}{} })
	require.NoError(t, err)
	require.NoError(t, b.nc.Flush())
	bell.Ring()
	select {
	case <-woken:
	case <-time.After(patience):
		require.Fail(t, "not woken")
	}
	stop()
	require.NoError(t, b.nc.Flush())
	bell.Ring()
	require.Zero(t, b.left(), "the stream does not keep it")

	b.stop()
	bell.Ring() // nobody hears it, and nobody waits
}
