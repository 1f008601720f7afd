package bpmn_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func items(value any) func(string) any {
	return func(name string) any {
		if name == "due" {
			return value
		}
		return nil
	}
}

func TestItemReferences(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, zone(t, "Europe/Berlin"))
	date := time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		kind  bpmn.TimerKind
		value any
		want  string
	}{
		{"a date as timeDate", bpmn.TimeDate, date, "2026-06-01T11:30:00+02:00"},
		{"a date as timeDuration", bpmn.TimeDuration, date, "2026-06-01T11:30:00+02:00"},
		{"a date in the past", bpmn.TimeDate, date.AddDate(-1, 0, 0), "2026-03-28T12:00:00+01:00"},
		{"the zero date", bpmn.TimeDate, time.Time{}, "2026-03-28T12:00:00+01:00"},
		{"a text with offset as timeDate", bpmn.TimeDate, " 2026-06-01T09:30:00Z ", "2026-06-01T11:30:00+02:00"},
		{"a local text as timeDate", bpmn.TimeDate, "2026-03-29T02:30", "2026-03-29T03:30:00+02:00"},
		{"a day as timeDate", bpmn.TimeDate, "2026-06-01", "2026-06-01T00:00:00+02:00"},
		{"an integer as timeDuration", bpmn.TimeDuration, int64(1500), "2026-03-28T12:00:01.5+01:00"},
		{"zero as timeDuration", bpmn.TimeDuration, int64(0), "2026-03-28T12:00:00+01:00"},
		{"a double as timeDuration", bpmn.TimeDuration, float64(2000), "2026-03-28T12:00:02+01:00"},
		{"a text of digits as timeDuration", bpmn.TimeDuration, "1500", "2026-03-28T12:00:01.5+01:00"},
		{"an ISO text as timeDuration", bpmn.TimeDuration, "P1DT1H", "2026-03-29T13:00:00+02:00"},
		{"a text as timeCycle", bpmn.TimeCycle, " R3/PT10M", "2026-03-28T12:10:00+01:00"},
		{"a text with start as timeCycle", bpmn.TimeCycle, "R/2026-06-01T09:30:00Z/P1D", "2026-06-01T11:30:00+02:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, reference := range []string{"<itemvalue>due</itemvalue>", "\n <itemvalue> due </itemvalue> ", "<ItemValue>due</ITEMVALUE>"} {
				timer := bpmn.ParseTimer(c.kind, reference)
				require.NoError(t, timer.Err)
				require.Equal(t, "due", timer.Item())
				got, err := timer.First(from, items(c.value))
				require.NoError(t, err)
				require.Equal(t, c.want, got.Due.Format(time.RFC3339Nano))
			}
		})
	}
}

func TestItemReferencesAreRefused(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	date := time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		kind  bpmn.TimerKind
		value any
		want  string
	}{
		{bpmn.TimeDate, nil, `timer item "due" is absent`},
		{bpmn.TimeDuration, nil, `timer item "due" is absent`},
		{bpmn.TimeCycle, nil, `timer item "due" is absent`},
		{bpmn.TimeDate, "", `timer item "due" is empty`},
		{bpmn.TimeDuration, " \t", `timer item "due" is empty`},
		{bpmn.TimeDate, "soon", `timer value "soon" of item "due" is no date-time`},
		{bpmn.TimeDuration, "soon", `timer value "soon" of item "due" is neither a number of milliseconds`},
		{bpmn.TimeDuration, "2026-06-01T09:30:00Z", `timer value "2026-06-01T09:30:00Z" of item "due" is neither`},
		{bpmn.TimeCycle, "PT10M", `timer value "PT10M" of item "due" is no ISO 8601 cycle`},
		{bpmn.TimeDuration, "<itemvalue>other</itemvalue>", `is neither a number of milliseconds`},
		{bpmn.TimeDuration, int64(-1), `timer value "-1" of item "due" is negative`},
		{bpmn.TimeDuration, int64(math.MinInt64), `is negative`},
		{bpmn.TimeDuration, int64(math.MaxInt64), `is longer than 100 years`},
		{bpmn.TimeDuration, float64(-1), `is negative`},
		{bpmn.TimeDuration, 1.5, `timer value "1.5" of item "due" is no whole number of milliseconds`},
		{bpmn.TimeDuration, 1e300, `is longer than 100 years`},
		{bpmn.TimeDuration, math.Inf(1), `is longer than 100 years`},
		{bpmn.TimeDuration, math.Inf(-1), `is negative`},
		{bpmn.TimeDuration, math.NaN(), `is no whole number`},
		{bpmn.TimeDate, int64(1000), `timer value "1000" of item "due" is a number, which only a timeDuration can be`},
		{bpmn.TimeCycle, 1000.0, `is a number`},
		{bpmn.TimeCycle, date, `timer value "2026-06-01T09:30:00Z" of item "due" is a date-time, which a timeCycle cannot be`},
		{bpmn.TimeDate, true, `timer item "due" holds neither a text nor a number nor a date-time`},
		{bpmn.TimeDuration, []byte("1000"), `holds neither`},
		{bpmn.TimeDate, date.AddDate(101, 0, 0), `is more than 100 years ahead`},
		{bpmn.TimeDate, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `is outside the years 1 to 9999`},
		{bpmn.TimeDate, time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), `is outside the years 1 to 9999`},
		{bpmn.TimeCycle, "R/2200-01-01/P1D", `is more than 100 years ahead`},
	} {
		_, err := bpmn.ParseTimer(c.kind, "<itemvalue>due</itemvalue>").First(from, items(c.value))
		var fault *bpmn.TimerError
		require.ErrorAs(t, err, &fault, "%v", c.value)
		require.ErrorContains(t, err, c.want)
		require.Equal(t, "due", fault.Item)
	}
}

func TestOnlyAWholeReferenceIsOne(t *testing.T) {
	t.Parallel()
	for _, kind := range []bpmn.TimerKind{bpmn.TimeDuration, bpmn.TimeDate, bpmn.TimeCycle} {
		testRefused(t, kind, map[string][]string{
			"is no item reference: it must be <itemvalue>NAME</itemvalue> and nothing else": {
				"<itemvalue></itemvalue>", "<itemvalue> </itemvalue>", "<itemvalue>due", "due</itemvalue>", "<itemvalue>", "</itemvalue>", "<itemvalue/>", "<",
				"PT<itemvalue>hours</itemvalue>H", "<itemvalue>a</itemvalue><itemvalue>b</itemvalue>", "R/<itemvalue>due</itemvalue>/P1D",
				`<itemvalue format="yyyy">due</itemvalue>`, "<value>due</value>", "<itemvalue><itemvalue>due</itemvalue></itemvalue>",
			},
		})
	}
}
