package bpmn_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

// FuzzTimer reads any text as any kind of timer, begins it at any time in some
// zone, and lets it miss some of its occurrences.
func FuzzTimer(f *testing.F) {
	for _, seed := range []struct {
		kind uint8
		text string
		from int64
		late int64
	}{
		{1, "1000", 0, 0},
		{1, "PT5M", 1_774_746_000, 0},
		{1, "P1Y2M3W4DT5H6M7.089S", 951_782_400, 5},
		{1, "-PT1H", 0, 0},
		{1, "P99999999999999999999Y", 0, 0},
		{2, "2026-03-29T02:30", 1_774_000_000, 0},
		{2, "2026-02-30", 0, 0},
		{2, "2026-06-01T09:30:00,5+05:45", 0, 0},
		{3, "R3/PT10M", 1_774_000_000, 3_000},
		{3, "R/P1M", 1_769_860_800, 100_000_000},
		{3, "R/0001-01-01/PT1S", 1_774_000_000, 1},
		{3, "R5/2026-10-25T02:30/P1DT1H", 1_792_000_000, 90_000},
		{3, "R0/PT10M", 0, 0},
		{3, "0 0 9 * * MON", 0, 0},
		{3, "<itemvalue>due</itemvalue>", 0, 0},
		{2, "<itemvalue>due</itemvalue>x", 0, 0},
	} {
		f.Add(seed.kind, seed.text, seed.from, seed.late)
	}
	zones := []*time.Location{time.UTC, zone(f, "Europe/Berlin"), zone(f, "Australia/Lord_Howe"), zone(f, "Pacific/Apia"), zone(f, "Africa/Monrovia")}
	f.Fuzz(func(t *testing.T, kind uint8, text string, seconds, late int64) {
		const years = 9000 * 365 * 24 * 60 * 60
		where := zones[uint64(seconds)%uint64(len(zones))]
		from := time.Unix(seconds%years%(7000*365*24*60*60), seconds&0xfffffff).In(where)
		if from.Year() < 1 {
			from = time.Unix(-seconds%years, 0).In(where)
		}
		timer := bpmn.ParseTimer(bpmn.TimerKind(kind%4), text)
		o, err := timer.First(from, func(string) any { return text })
		if err != nil {
			var fault *bpmn.TimerError
			require.ErrorAs(t, err, &fault)
			return
		}
		require.False(t, o.Due.Before(from), "%s before %s", o.Due, from)
		for range 3 {
			now := o.Due.Add(time.Duration(late%(1<<30)) * time.Second)
			next, more, err := timer.Next(o, now)
			if err != nil || !more {
				return
			}
			require.True(t, next.Due.After(now) && next.Due.After(o.Due))
			require.Greater(t, next.Number, o.Number)
			o = next
		}
	})
}
