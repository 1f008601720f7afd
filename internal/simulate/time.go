package simulate

import (
	"fmt"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
)

// ParseTime reads a point in virtual time: an ISO 8601 duration, which counts
// from the start, or a date, or a date and time. Without an offset a time is one
// in the start's zone.
func ParseTime(text string, start time.Time) (time.Time, error) {
	if strings.HasPrefix(text, "P") {
		o, err := bpmn.ParseTimer(bpmn.TimeDuration, text).First(start, nil)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is no ISO 8601 duration such as PT2H or P30D", text)
		}
		return o.Due, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, start.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither an ISO 8601 duration such as PT2H nor a time such as 2026-01-31T09:00:00Z", text)
}
