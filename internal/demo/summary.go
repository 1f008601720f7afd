package demo

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// minFired is how many events must have taken effect for a demo to prove
// anything; a shorter one needs as many as it has workitems.
const minFired = 300

// errBroken is the error of a demo that found a promise broken.
var errBroken = errors.New("a promise is broken")

// verdict returns an error if a promise is broken or nothing is proved.
func (t *tally) verdict(workitems int) error {
	switch {
	case t.lost+t.doubled+t.early > 0:
		return fmt.Errorf("%w: %d lost, %d doubled, %d early", errBroken, t.lost, t.doubled, t.early)
	case t.pending > 0:
		return fmt.Errorf("%d events have not taken effect within %s", t.pending, settleTimeout)
	case t.processed < min(minFired, workitems):
		return fmt.Errorf("only %d events took effect, %d prove something", t.processed, min(minFired, workitems))
	default:
		return nil
	}
}

// maxFindings is how many findings are shown.
const maxFindings = 10

func (t *tally) write(w io.Writer) {
	slices.Sort(t.lateness)
	p50, p99, worst := percentile(t.lateness, 0.50), percentile(t.lateness, 0.99), percentile(t.lateness, 1)
	fmt.Fprintf(w, `
committed  %6d   async events armed, by %d workitems
processed  %6d   took effect
stale      %6d   recorded as stale: something else happened first
pending    %6d
lost       %6d
doubled    %6d
early      %6d
lateness   p50 %s, p99 %s, max %s

`, t.committed, t.workitems, t.processed, t.stale, t.pending, t.lost, t.doubled, t.early, milliseconds(p50), milliseconds(p99), milliseconds(worst))
	for i, finding := range t.findings {
		if i == maxFindings {
			fmt.Fprintf(w, "and %d findings more\n", len(t.findings)-maxFindings)
			break
		}
		fmt.Fprintln(w, finding)
	}
}

// percentile is the least of the sorted values that so great a part of them does
// not exceed.
func percentile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(part * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
