package stream

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestNamesUnderAPrefix(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("018f2b5c-0000-7000-8000-000000000001")
	for prefix, want := range map[string][]string{
		"": {
			"ASYNCEVENT", "EVENTLOG", "eventlog.>", "asyncevent.armed.* asyncevent.due.now.*.* asyncevent.due.timer.*.* asyncevent.due.slow.*.*", "asyncevent.wake",
			"asyncevent.due.now.*.*", "asyncevent.due.now." + id.String() + ".a%2Eb", "asyncevent.armed." + id.String(),
			"eventlog.invoice.sent.a%2Eb", "asyncevent.due.*.*.*", "eventlog.async.event.{{wildcard(3)}}",
		},
		"acme": {
			"ACME_ASYNCEVENT", "ACME_EVENTLOG", "acme.eventlog.>", "acme.asyncevent.armed.* acme.asyncevent.due.now.*.* acme.asyncevent.due.timer.*.* acme.asyncevent.due.slow.*.*", "acme.asyncevent.wake",
			"acme.asyncevent.due.now.*.*", "acme.asyncevent.due.now." + id.String() + ".a%2Eb", "acme.asyncevent.armed." + id.String(),
			"acme.eventlog.invoice.sent.a%2Eb", "acme.asyncevent.due.*.*.*", "acme.eventlog.async.event.{{wildcard(3)}}",
		},
	} {
		n, err := NewNames(prefix)
		require.NoError(t, err)
		source, destination := n.republish()
		require.Equal(t, want, []string{
			n.WorkStream(), n.TapStream(), n.TapSubjects(), strings.Join(n.workSubjects(), " "), n.bell(),
			n.laneSubjects(outbox.LaneNow), n.due(outbox.LaneNow, id, "a.b"), n.armed(id),
			n.Tap("invoice.sent", "a.b"), source, destination,
		})
		parsed, err := n.parseDue(n.due(outbox.LaneSlow, id, "a.b * >"))
		require.NoError(t, err)
		require.Equal(t, id, parsed)
	}
}

func TestAPrefixIsOneToken(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"a", "0", "acme", "a-b_c", strings.Repeat("x", 32)} {
		_, err := NewNames(prefix)
		require.NoError(t, err, "%q", prefix)
	}
	for _, prefix := range []string{"A", "a.b", "a b", "*", ">", "-a", "_a", "ä", "a\n", strings.Repeat("x", 33)} {
		_, err := NewNames(prefix)
		require.ErrorContains(t, err, "prefix", "%q", prefix)
	}
}

func TestParseDueRefusesOtherSubjects(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"", "a", "a.b", "asyncevent.due.now.x.ref", "asyncevent.due.now." + uuid.Nil.String()} {
		_, err := Names{}.parseDue(subject)
		require.Error(t, err, "%q", subject)
	}
}
