package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newTestProgress(out *strings.Builder, inPlace bool) *progress {
	visits := plan(2)
	p := newProgress(out, newLoad(nil, 1), &tap{seen: map[string]bool{"1": true}, latest: []sighting{
		{at: time.Now(), ref: visits[1].id, event: 90},
	}}, visits, semantics{names: map[eventKey]string{{ticketModel, 90}: "escalate"}})
	p.inPlace, p.width = inPlace, 60
	return p
}

func TestProgressInLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newTestProgress(&out, false)
	p.show()
	require.Regexp(t, `^  0\.\d s     0 of 2 workitems      1 events on the tap  last: ticket-1\.0 event 90 escalate \(.*\)\n$`, out.String())
}

func TestProgressInPlace(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newTestProgress(&out, true)
	p.show()
	first := out.Len()
	p.show()
	second := out.String()[first:]
	require.Equal(t, 1+latestKept, strings.Count(second, "\n"), "a picture has as many lines as the one it replaces")
	require.True(t, strings.HasPrefix(second, "\x1b[6A"), "%q", second)
	for l := range strings.Lines(second) {
		require.LessOrEqual(t, len(l), len("\x1b[6A\r\x1b[K\n")+59, "%q", l)
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[--------------------]", bar(0, 300))
	require.Equal(t, "[##########----------]", bar(150, 300))
	require.Equal(t, "[####################]", bar(300, 300))
	require.Equal(t, "[--------------------]", bar(0, 0))
}
