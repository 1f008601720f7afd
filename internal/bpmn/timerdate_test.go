package bpmn_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestTimeDate(t *testing.T) {
	t.Parallel()
	const from = "2026-01-15T12:00:00Z"
	testFirst(t, bpmn.TimeDate, []timerCase{
		{"2026-06-01T09:30:00Z", "UTC", from, "2026-06-01T09:30:00Z"},
		{"2026-06-01T09:30:00Z", "Europe/Berlin", from, "2026-06-01T11:30:00+02:00"},
		{"2026-06-01T09:30:00+02:00", "UTC", from, "2026-06-01T07:30:00Z"},
		{"2026-06-01T09:30:00-0930", "UTC", from, "2026-06-01T19:00:00Z"},
		{"2026-06-01T09:30:00+05", "UTC", from, "2026-06-01T04:30:00Z"},
		{"2026-06-01T09:30+05:45", "UTC", from, "2026-06-01T03:45:00Z"},
		{"2026-06-01T09:30", "UTC", from, "2026-06-01T09:30:00Z"},
		{"\t2026-06-01T09:30 ", "UTC", from, "2026-06-01T09:30:00Z"},
		{"2026-06-01T09:30:00.5", "UTC", from, "2026-06-01T09:30:00.5Z"},
		{"2026-06-01T09:30:59,9999Z", "UTC", from, "2026-06-01T09:31:00Z"}, // rounded up
		{"2026-06-01", "UTC", from, "2026-06-01T00:00:00Z"},
		{"2026-06-01", "Europe/Berlin", from, "2026-06-01T00:00:00+02:00"},
		{"2026-06-01T09:30", "America/New_York", from, "2026-06-01T09:30:00-04:00"},
		{"2028-02-29", "UTC", from, "2028-02-29T00:00:00Z"},

		// in the past: at once
		{"2020-01-01T00:00:00Z", "UTC", from, from},
		{"0001-01-01", "UTC", from, from},
		{"2026-01-15T12:00:00Z", "UTC", from, from},
		{"2026-01-15", "UTC", from, from}, // the start of today
		{"2026-01-15T12:30", "Europe/Berlin", from, "2026-01-15T13:00:00+01:00"},

		// hours that are skipped
		{"2026-03-29T01:59:59", "Europe/Berlin", from, "2026-03-29T01:59:59+01:00"},
		{"2026-03-29T02:00", "Europe/Berlin", from, "2026-03-29T03:00:00+02:00"},
		{"2026-03-29T02:30", "Europe/Berlin", from, "2026-03-29T03:30:00+02:00"},
		{"2026-03-29T03:00", "Europe/Berlin", from, "2026-03-29T03:00:00+02:00"},
		{"2026-03-08T02:30", "America/New_York", from, "2026-03-08T03:30:00-04:00"},
		{"2026-10-04T02:10", "Australia/Lord_Howe", from, "2026-10-04T02:40:00+11:00"},
		{"2026-09-06", "America/Santiago", from, "2026-09-06T01:00:00-03:00"}, // a day that starts at one
		// hours that are there twice
		{"2026-10-25T02:00", "Europe/Berlin", from, "2026-10-25T02:00:00+02:00"},
		{"2026-10-25T02:30", "Europe/Berlin", from, "2026-10-25T02:30:00+02:00"},
		{"2026-10-25T02:59:59.999", "Europe/Berlin", from, "2026-10-25T02:59:59.999+02:00"},
		{"2026-10-25T03:00", "Europe/Berlin", from, "2026-10-25T03:00:00+01:00"},
		{"2026-10-25T02:30+01:00", "Europe/Berlin", from, "2026-10-25T02:30:00+01:00"}, // the second, by its offset
		{"2026-11-01T01:30", "America/New_York", from, "2026-11-01T01:30:00-04:00"},
		{"2026-04-05T01:45", "Australia/Lord_Howe", from, "2026-04-05T01:45:00+11:00"},
		{"2026-04-05T01:29", "Australia/Lord_Howe", from, "2026-04-05T01:29:00+11:00"},
	})
}

func TestTimeDateRefuses(t *testing.T) {
	t.Parallel()
	testRefused(t, bpmn.TimeDate, map[string][]string{
		"is no date-time such as 2026-01-31T09:00:00Z or 2026-01-31T09:00, and no date such as 2026-01-31": {
			"tomorrow", "1000", "-1", "PT1H", "2026", "2026-01", "2026-1-1", "26-01-01", "01.02.2026", "2026/01/01", "20260101", "20260101T090000Z",
			"2026-01-01 09:00", "2026-01-01T", "2026-01-01T09", "2026-01-01T9:00", "2026-01-01T09:00:", "2026-01-01T09:00:00.", "2026-01-01T09:00:00.1234567890",
			"2026-01-01t09:00:00Z", "2026-01-01T09:00:00z", "2026-01-01T09:00:00 Z", "2026-01-01T09:00:00ZZ", "2026-01-01T09:00:00+19:00",
			"2026-01-01T09:00:00+02:60", "2026-01-01T09:00:00+2", "2026-01-01T09:00:00+", "2026-01-01T09:00:00[Europe/Berlin]", "2026-01-01Z", "2026-W01-1",
			"10000-01-01", "+2026-01-01", "-2026-01-01", "２０２６-01-01", "2026-01-01T09:00:00−02:00", "2026-01-01T09:00\x00",
		},
		"is a day or a time of day that does not exist": {
			"2026-02-29", "2026-02-30T10:00", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "2100-02-29",
			"2026-01-01T24:00", "2026-01-01T25:00:00Z", "2026-01-01T23:60", "2026-01-01T23:59:60Z",
		},
		"is outside the years 1 to 9999": {"0000-01-01", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.9999Z"},
	})
}

// How far ahead a date is depends on when the timer begins.
func TestADateTooFarAheadIsRefusedWhenTheTimerBegins(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-15T12:00:00Z")
	for text, want := range map[string]string{
		"2126-01-15": "", "2126-01-18": "is more than 100 years ahead", "9999-12-31": "is more than 100 years ahead",
	} {
		timer := bpmn.ParseTimer(bpmn.TimeDate, text)
		require.NoError(t, timer.Err)
		_, err := timer.First(from, noItem)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		var fault *bpmn.TimerError
		require.ErrorAs(t, err, &fault)
		require.EqualError(t, err, `timer value "`+text+`" `+want)
	}
	late := time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC)
	_, err := bpmn.ParseTimer(bpmn.TimeDuration, "P1D").First(late, noItem)
	require.ErrorContains(t, err, "is outside the years 1 to 9999")
}
