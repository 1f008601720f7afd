package bpmn_test

import (
	"strings"
	"testing"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestTimeDuration(t *testing.T) {
	t.Parallel()
	const noon = "2026-01-15T12:00:00Z"
	testFirst(t, bpmn.TimeDuration, []timerCase{
		{"0", "UTC", noon, noon},
		{"1", "UTC", noon, "2026-01-15T12:00:00.001Z"},
		{"+1000", "UTC", noon, "2026-01-15T12:00:01Z"},
		{"007", "UTC", noon, "2026-01-15T12:00:00.007Z"},
		{" 1000\n", "UTC", noon, "2026-01-15T12:00:01Z"},
		{"86400000", "UTC", noon, "2026-01-16T12:00:00Z"},
		{"2147483648", "UTC", noon, "2026-02-09T08:31:23.648Z"}, // more than an int of Java
		{"3155760000000", "UTC", noon, "2126-01-16T12:00:00Z"},  // 36525 days
		{"PT0S", "UTC", noon, noon},
		{"P0D", "UTC", noon, noon},
		{"PT5M", "UTC", noon, "2026-01-15T12:05:00Z"},
		{"PT90M", "UTC", noon, "2026-01-15T13:30:00Z"},
		{"PT36H", "UTC", noon, "2026-01-17T00:00:00Z"},
		{"P1DT2H", "UTC", noon, "2026-01-16T14:00:00Z"},
		{"P2W", "UTC", noon, "2026-01-29T12:00:00Z"},
		{"P1W1D", "UTC", noon, "2026-01-23T12:00:00Z"},
		{"P1Y2M3W4DT5H6M7.089S", "UTC", noon, "2027-04-09T17:06:07.089Z"},
		{"PT0.25S", "UTC", noon, "2026-01-15T12:00:00.25Z"},
		{"PT0,25S", "UTC", noon, "2026-01-15T12:00:00.25Z"},
		{"PT0.000000001S", "UTC", noon, "2026-01-15T12:00:00.001Z"}, // rounded up
		{"PT1.001S", "UTC", noon, "2026-01-15T12:00:01.001Z"},
		{"PT3000000000.000000001S", "UTC", noon, "2121-02-08T17:20:00.001Z"}, // also after many digits
		{"PT3000000000,999000000S", "UTC", noon, "2121-02-08T17:20:00.999Z"},
		{"PT833333H1200.999000001S", "UTC", noon, "2121-02-08T17:20:01Z"},
		{"PT3155759999.999999999S", "UTC", noon, "2126-01-16T12:00:00Z"},
		{"P100Y", "UTC", noon, "2126-01-15T12:00:00Z"},
		{"P36525D", "UTC", noon, "2126-01-16T12:00:00Z"},

		// the ends of months, and leap days
		{"P1M", "UTC", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"},
		{"P1M", "UTC", "2024-01-31T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"P2M", "UTC", "2026-01-31T12:00:00Z", "2026-03-31T12:00:00Z"},
		{"P13M", "UTC", "2023-01-31T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"P1Y", "UTC", "2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z"},
		{"P4Y", "UTC", "2024-02-29T12:00:00Z", "2028-02-29T12:00:00Z"},
		{"P76Y", "UTC", "2024-02-29T12:00:00Z", "2100-02-28T12:00:00Z"}, // 2100 is no leap year
		{"P1D", "UTC", "2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"P1M1D", "UTC", "2026-01-31T12:00:00Z", "2026-03-01T12:00:00Z"}, // the month first
		{"P1M", "UTC", "2026-12-31T12:00:00Z", "2027-01-31T12:00:00Z"},

		// days are those of the calendar, hours are hours
		{"P1D", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00"},
		{"PT24H", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T13:00:00+02:00"},
		{"P1D", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"},
		{"PT24H", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T11:00:00+01:00"},
		{"86400000", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T11:00:00+01:00"},
		{"P1DT1H", "Europe/Berlin", "2026-03-28T01:30:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"P1M", "America/New_York", "2026-02-15T09:00:00-05:00", "2026-03-15T09:00:00-04:00"},
		// the end of a month by the calendar of the zone: 23:30 on the 31st in UTC is
		// the 1st in Berlin
		{"P1M", "Europe/Berlin", "2026-01-31T23:30:00Z", "2026-03-01T00:30:00+01:00"},

		// into the hour that is skipped, and that is there twice
		{"P1D", "Europe/Berlin", "2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"P1D", "Europe/Berlin", "2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"P1D", "America/New_York", "2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00"},
		{"P1D", "America/New_York", "2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"P1D", "Australia/Lord_Howe", "2026-10-03T02:10:00+10:30", "2026-10-04T02:40:00+11:00"}, // half an hour
		{"P1D", "Australia/Lord_Howe", "2026-04-04T01:45:00+11:00", "2026-04-05T01:45:00+11:00"},
		{"P1D", "Pacific/Apia", "2011-12-29T10:00:00-10:00", "2011-12-31T10:00:00+14:00"}, // a day that never was
		// out of the second of two hours, without days: exact
		{"PT10M", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T02:40:00+01:00"},
		{"P1D", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"},
	})
}

func TestTimeDurationRefuses(t *testing.T) {
	t.Parallel()
	testRefused(t, bpmn.TimeDuration, map[string][]string{
		"is neither a number of milliseconds nor an ISO 8601 duration such as PT1H": {
			"soon", "P", "PT", "P1", "P1DT", "PT1D", "P1H", "P1M1Y", "P1D1D", "PP1D", "P-1D", "PT-5M", "P1.5Y", "PT1.5M", "PT1.0H", "PT.5S", "PT1.S",
			"PT1H ago", "PT 1H", "1 000", "1,000", "1.5", "1e3", "0x10", "1_000", "1h", "5m", "1000ms", "pt1h", "p1d", "Pt1H", "PT1h",
			"--5", "-", "+", "++1", "+PT1H", "${due}", "PT1H/PT2H", "R3/PT10M", "2026-01-01", "P0001-00-00T00:00:00",
			"١٠٠", "１００", "PT１H", "P๑D", "PT1H\x00", "\ufeff1000", "PT0.0000000001S", "∞", "NaN",
		},
		"is negative":                             {"-1", "-5", "-PT1H", "-P1D", "-9223372036854775808", "-P999999999Y", "-0"},
		"is longer than 100 years":                {"3155760000001", "9223372036854775807", "9223372036854775808", "99999999999999999999", "P101Y", "P1201M", "P36526D", "P5219W", "P100YT1S", "P100YT0.000000001S", "PT3155760000.000000001S", "P999999999Y", "PT876601H", "PT99999999999999999999S", "PT9223372036854775807H", "P9223372036854775807YT1S", "P99999999999999999999M", "P53Y600M", strings.Repeat("9", 200)},
		"is no timer: it has more than 200 bytes": {strings.Repeat("9", 201), strings.Repeat("-", 1_000_000), "PT" + strings.Repeat("0", 200) + "S"},
	})
}
