package bpmn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

// play returns when a cycle is due, at most six times, if each occurrence fires
// when it is due; but if there is an outage, those that are due in it fire at
// its end. What an entry keeps of an occurrence is all that is known of it.
func play(t *testing.T, c cycleCase) []string {
	t.Helper()
	where := zone(t, c.zone)
	timer := bpmn.ParseTimer(bpmn.TimeCycle, c.text)
	require.NoError(t, timer.Err)
	o, err := timer.First(at(t, c.from).In(where), noItem)
	require.NoError(t, err)
	var due []string
	for more := true; more && len(due) < 6; {
		due = append(due, o.Due.In(where).Format(time.RFC3339Nano))
		o.Due, o.Start = kept(o.Due), kept(o.Start)
		fired := o.Due
		if c.until != "" && !fired.Before(at(t, c.since)) && fired.Before(at(t, c.until)) {
			fired = at(t, c.until)
		}
		o, more, err = timer.Next(o, fired.In(where))
		require.NoError(t, err)
	}
	return due
}

func kept(date time.Time) time.Time { return date.UTC().Truncate(time.Millisecond) }

type cycleCase struct {
	text, zone, from string
	since, until     string // an outage
	want             []string
}

func TestTimeCycle(t *testing.T) {
	t.Parallel()
	const noon = "2026-01-15T12:00:00Z"
	for name, c := range map[string]cycleCase{
		"counted":      {text: "R3/PT10M", zone: "UTC", from: noon, want: []string{"2026-01-15T12:10:00Z", "2026-01-15T12:20:00Z", "2026-01-15T12:30:00Z"}},
		"once":         {text: "R1/PT10M", zone: "UTC", from: noon, want: []string{"2026-01-15T12:10:00Z"}},
		"leading zero": {text: "R02/PT1S", zone: "UTC", from: noon, want: []string{"2026-01-15T12:00:01Z", "2026-01-15T12:00:02Z"}},
		"endless": {text: "R/PT12H", zone: "UTC", from: noon, want: []string{
			"2026-01-16T00:00:00Z", "2026-01-16T12:00:00Z", "2026-01-17T00:00:00Z",
			"2026-01-17T12:00:00Z", "2026-01-18T00:00:00Z", "2026-01-18T12:00:00Z",
		}},
		"finer than milliseconds": {
			text: "R2/PT1.5S", zone: "UTC", from: "2026-01-15T12:00:00.000000001Z",
			want: []string{"2026-01-15T12:00:01.501Z", "2026-01-15T12:00:03.001Z"},
		},
		"start ahead": {
			text: "R3/2026-02-01T00:00:00Z/PT1H", zone: "UTC", from: noon,
			want: []string{"2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z", "2026-02-01T02:00:00Z"},
		},
		"start is now": {text: "R2/" + noon + "/PT1H", zone: "UTC", from: noon, want: []string{noon, "2026-01-15T13:00:00Z"}},
		"start in the past uses up": {
			text: "R3/2026-01-15T10:30:00Z/PT1H", zone: "UTC", from: noon, want: []string{"2026-01-15T12:30:00Z"},
		},
		"start in the past, all used up": {text: "R3/2020-01-01/PT1H", zone: "UTC", from: noon, want: []string{noon}},
		"every midnight": {
			text: "R/2020-01-01/P1D", zone: "Europe/Berlin", from: "2026-03-28T12:00:00Z", want: []string{
				"2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00",
				"2026-04-01T00:00:00+02:00", "2026-04-02T00:00:00+02:00", "2026-04-03T00:00:00+02:00",
			},
		},
		"last day of the month": {
			text: "R/P1M", zone: "UTC", from: "2026-01-31T12:00:00Z", want: []string{
				"2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z",
				"2026-05-31T12:00:00Z", "2026-06-30T12:00:00Z", "2026-07-31T12:00:00Z",
			},
		},
		"leap day": {
			text: "R4/2024-02-29/P1Y", zone: "UTC", from: "2024-01-01T00:00:00Z", want: []string{
				"2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z",
			},
		},
		"the hour that is skipped shifts only its day": {
			text: "R/2026-03-28T02:30/P1D", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00",
				"2026-03-31T02:30:00+02:00", "2026-04-01T02:30:00+02:00", "2026-04-02T02:30:00+02:00",
			},
		},
		"a start that is skipped shifts only itself": {
			text: "R4/2026-03-29T02:30/P1D", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00", "2026-04-01T02:30:00+02:00",
			},
		},
		"a start that was skipped": {
			text: "R4/2026-03-29T02:30/P1D", zone: "Europe/Berlin", from: "2026-03-30T03:00:00+02:00", want: []string{
				"2026-03-31T02:30:00+02:00", "2026-04-01T02:30:00+02:00",
			},
		},
		"a start that is skipped, monthly": {
			text: "R3/2026-03-29T02:30/P1M", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-29T03:30:00+02:00", "2026-04-29T02:30:00+02:00", "2026-05-29T02:30:00+02:00",
			},
		},
		"a start that is skipped again": {
			text: "R3/2026-03-29T02:30/P364D", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-29T03:30:00+02:00", "2027-03-28T03:30:00+02:00", "2028-03-26T03:30:00+02:00",
			},
		},
		"a midnight that is skipped": {
			text: "R3/2026-09-06/P1D", zone: "America/Santiago", from: noon, want: []string{
				"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00", "2026-09-08T00:00:00-03:00",
			},
		},
		"a day that is skipped": {
			text: "R3/2011-12-30T10:00/P2D", zone: "Pacific/Apia", from: "2011-12-01T00:00:00Z", want: []string{
				"2011-12-31T10:00:00+14:00", "2012-01-01T10:00:00+14:00", "2012-01-03T10:00:00+14:00",
			},
		},
		"hours after a start that is skipped": {
			text: "R3/2026-03-29T02:30/PT1H", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-29T03:30:00+02:00", "2026-03-29T04:30:00+02:00", "2026-03-29T05:30:00+02:00",
			},
		},
		"days and hours after a start that is skipped": {
			text: "R3/2026-03-29T02:30/P1DT1H", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-03-29T03:30:00+02:00", "2026-03-30T03:30:00+02:00", "2026-03-31T04:30:00+02:00",
			},
		},
		"a start that is there twice": {
			text: "R3/2026-10-25T02:30/P1D", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00", "2026-10-27T02:30:00+01:00",
			},
		},
		"a start in the second of two hours": {
			text: "R3/2026-10-25T02:30+01:00/P1D", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00", "2026-10-27T02:30:00+01:00",
			},
		},
		"from the second of two hours": {
			text: "R3/P364D", zone: "Europe/Berlin", from: "2026-10-25T02:30:00+01:00", want: []string{
				"2027-10-24T02:30:00+02:00", "2028-10-22T02:30:00+02:00", "2029-10-21T02:30:00+02:00",
			},
		},
		"from the second of two hours to the first": {
			text: "R2/P371D", zone: "Europe/Berlin", from: "2026-10-25T02:30:00+01:00", want: []string{
				"2027-10-31T02:30:00+02:00", "2028-11-05T02:30:00+01:00",
			},
		},
		"from behind the hour that is skipped": {
			text: "R3/P1D", zone: "Europe/Berlin", from: "2026-03-29T03:30:00+02:00", want: []string{
				"2026-03-30T03:30:00+02:00", "2026-03-31T03:30:00+02:00", "2026-04-01T03:30:00+02:00",
			},
		},
		"missed in the night of moved clocks": {
			text: "R/2026-03-29T02:30/P1D", zone: "Europe/Berlin", from: noon, since: "2026-03-29T00:00:00Z", until: "2026-03-31T00:29:59Z", want: []string{
				"2026-03-29T03:30:00+02:00", "2026-03-31T02:30:00+02:00", "2026-04-01T02:30:00+02:00",
				"2026-04-02T02:30:00+02:00", "2026-04-03T02:30:00+02:00", "2026-04-04T02:30:00+02:00",
			},
		},
		"the hour that is there twice fires once": {
			text: "R4/2026-10-31T01:30/P1D", zone: "America/New_York", from: noon, want: []string{
				"2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00", "2026-11-03T01:30:00-05:00",
			},
		},
		"hours do not mind the clocks": {
			text: "R4/2026-10-25T01:30+02:00/PT1H", zone: "Europe/Berlin", from: noon, want: []string{
				"2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00",
			},
		},
		"the half hour of Lord Howe": {
			text: "R3/2026-10-03T02:10/P1D", zone: "Australia/Lord_Howe", from: noon, want: []string{
				"2026-10-03T02:10:00+10:30", "2026-10-04T02:40:00+11:00", "2026-10-05T02:10:00+11:00",
			},
		},
		"a day that never was": {
			text: "R3/2011-12-29T10:00/P1D", zone: "Pacific/Apia", from: "2011-12-01T00:00:00Z", want: []string{
				"2011-12-29T10:00:00-10:00", "2011-12-31T10:00:00+14:00", "2012-01-01T10:00:00+14:00",
			},
		},
		"a missed cycle fires once and goes on on its grid": {
			text: "R/PT10M", zone: "UTC", from: noon, since: "2026-01-15T12:15:00Z", until: "2026-01-15T13:05:00Z", want: []string{
				"2026-01-15T12:10:00Z", "2026-01-15T12:20:00Z", "2026-01-15T13:10:00Z",
				"2026-01-15T13:20:00Z", "2026-01-15T13:30:00Z", "2026-01-15T13:40:00Z",
			},
		},
		"what is missed is used up": {
			text: "R5/PT10M", zone: "UTC", from: noon, since: noon, until: "2026-01-15T12:35:00Z",
			want: []string{"2026-01-15T12:10:00Z", "2026-01-15T12:40:00Z", "2026-01-15T12:50:00Z"},
		},
		"all missed": {
			text: "R5/PT10M", zone: "UTC", from: noon, since: noon, until: "2026-01-20T12:00:00Z", want: []string{"2026-01-15T12:10:00Z"},
		},
		"back at a time of the grid": {
			text: "R/PT10M", zone: "UTC", from: noon, since: noon, until: "2026-01-15T12:40:00Z", want: []string{
				"2026-01-15T12:10:00Z", "2026-01-15T12:50:00Z", "2026-01-15T13:00:00Z",
				"2026-01-15T13:10:00Z", "2026-01-15T13:20:00Z", "2026-01-15T13:30:00Z",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, play(t, c))
		})
	}
}

func TestTimeCycleRefuses(t *testing.T) {
	t.Parallel()
	testRefused(t, bpmn.TimeCycle, map[string][]string{
		"is no ISO 8601 cycle such as R3/PT10M, R/P1D or R/2026-01-31T09:00:00Z/P1D; cron expressions are not read": {
			"0 0 9 * * MON", "@daily", "PT10M", "1000", "3/PT10M", "R", "R3", "R3/", "R-1/PT10M", "R+3/PT10M", "R3PT10M", "r3/PT10M", "R3.5/PT10M",
			"R 3/PT10M", "R٣/PT10M", "RR/PT10M", "R3/soon/PT10M", "R3//PT10M", "2026-01-01/PT10M", "R1000-01-01/PT10M",
		},
		"is a cycle that never fires":                                     {"R0/PT10M", "R00/PT10M", "R0/2026-01-01/P1D"},
		"is a cycle with a count beyond 1000000000":                       {"R1000000001/PT10M", "R99999999999999999999999/PT10M"},
		"is a cycle with an end date, which is not supported":             {"R3/PT10M/2026-01-01T00:00:00Z", "R/2026-01-01/2027-01-01", "R/2026-01-01T00:00Z/2027-02-30", "R/2026-01-01", "R/PT1H/PT1H"},
		"is a cycle whose interval is no ISO 8601 duration such as PT10M": {"R3/600000", "R3/soon", "R3/-PT10M", "R3/pt10m", "R3/PT10M ago", "R3/2026-01-01/", "R3/2026-01-01/P1D/P1D", "R/2026-01-01/P"},
		"is a cycle with an interval shorter than one second":             {"R3/PT0S", "R/P0D", "R/PT0.999S", "R/2026-01-01/PT0.9S", "R/P0Y0M0DT0H0M0S"},
		"is a cycle whose interval is longer than 100 years":              {"R/P101Y", "R/PT99999999999999999999H"},
		"is a cycle whose start is a day or a time of day that does not":  {"R/2026-02-30/P1D", "R/2026-01-01T24:00/P1D"},
		"is a cycle whose start is outside the years 1 to 9999":           {"R/0000-01-01/P1D"},
	})
}

func TestOnlyACycleHasANextOccurrence(t *testing.T) {
	t.Parallel()
	_, more, err := bpmn.ParseTimer(bpmn.TimeDuration, "PT1H").Next(bpmn.Occurrence{}, time.Now())
	require.NoError(t, err)
	require.False(t, more)
}

// The clock that a worker reads may be a little behind the database's, whose due
// time has come.
func TestTheNextOccurrenceIsNotTheOneThatHasFired(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-15T12:00:00Z")
	timer := bpmn.ParseTimer(bpmn.TimeCycle, "R/PT10M")
	o, err := timer.First(from, noItem)
	require.NoError(t, err)
	next, _, err := timer.Next(o, o.Due.Add(-5*time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, from.Add(20*time.Minute), next.Due)
	require.EqualValues(t, 2, next.Number)
}

// The cycle of an item goes on as it began, whatever the item says by then.
func TestACycleOfAnItemGoesOnAsItBegan(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-15T12:00:00Z")
	timer := bpmn.ParseTimer(bpmn.TimeCycle, "<itemvalue>due</itemvalue>")
	o, err := timer.First(from, items(" R2/PT10M "))
	require.NoError(t, err)
	require.Equal(t, bpmn.Occurrence{Due: from.Add(10 * time.Minute), Fixed: true, Start: from, Number: 1, Spec: "R2/PT10M"}, o)

	next, more, err := timer.Next(o, o.Due)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, bpmn.Occurrence{Due: from.Add(20 * time.Minute), Fixed: true, Start: from, Number: 2, Spec: "R2/PT10M"}, next)
	_, more, err = timer.Next(next, next.Due)
	require.NoError(t, err)
	require.False(t, more)
}

// An entry knows the point in time at which a grid starts, not the local time.
func TestAnEntryThatWasShiftedComesBackToItsGrid(t *testing.T) {
	t.Parallel()
	shifted := bpmn.Occurrence{Due: at(t, "2026-03-30T01:30:00Z"), Start: at(t, "2026-03-29T01:30:00Z"), Number: 2}
	for _, c := range []struct{ timer, spec string }{
		{"R3/2026-03-29T02:30/P1D", ""}, {"<itemvalue>due</itemvalue>", "R3/2026-03-29T02:30/P1D"},
	} {
		shifted.Spec = c.spec
		timer := bpmn.ParseTimer(bpmn.TimeCycle, c.timer)
		next, more, err := timer.Next(shifted, shifted.Due.In(zone(t, "Europe/Berlin")))
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, "2026-03-31T02:30:00+02:00", next.Due.Format(time.RFC3339))
		require.EqualValues(t, 3, next.Number)
	}
}

// The model was deployed again with another cycle while one was running.
func TestACycleOfTheModelGoesOnAsTheModelNowSays(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-15T12:00:00Z")
	o, err := bpmn.ParseTimer(bpmn.TimeCycle, "R/PT10M").First(from, noItem)
	require.NoError(t, err)
	o.Number, o.Due = 100, from.Add(1000*time.Minute) // 04:40 on the next day
	next, more, err := bpmn.ParseTimer(bpmn.TimeCycle, "R/P1D").Next(o, o.Due)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, at(t, "2026-01-16T12:00:00Z"), next.Due)

	_, more, err = bpmn.ParseTimer(bpmn.TimeCycle, "R50/P1D").Next(o, o.Due)
	require.NoError(t, err)
	require.False(t, more, "it has fired more often than that")
}

// A start that stands in the model is where the grid starts, also of a cycle that
// began with another.
func TestACycleGoesOnFromTheStartThatTheModelNowSays(t *testing.T) {
	t.Parallel()
	const from, nine = "2026-04-01T00:00:00Z", "2026-05-01T09:00"
	type want struct {
		due    string // of what follows the second occurrence, "" if it ends
		number int64
	}
	for _, c := range []struct {
		name, before, after string
		want                want
	}{
		{"the same", "R3/" + nine + "/P1D", "R3/" + nine + "/P1D", want{"2026-05-03T09:00:00Z", 3}},
		{"later in the day", "R/" + nine + "/P1D", "R/2026-05-01T17:00/P1D", want{"2026-05-02T17:00:00Z", 2}},
		{"earlier in the day", "R/" + nine + "/P1D", "R/2026-05-01T08:00/P1D", want{"2026-05-03T08:00:00Z", 3}},
		{"ahead", "R2/" + nine + "/P1D", "R2/2026-06-01T09:00/P1D", want{"2026-06-01T09:00:00Z", 1}},
		{"long ago, and used up", "R5/" + nine + "/P1D", "R5/2026-01-01T09:00/P1D", want{}},
		{"another interval", "R/" + nine + "/P1D", "R/" + nine + "/PT10H", want{"2026-05-02T15:00:00Z", 3}},
		{"a start where none was", "R/PT720H", "R/2026-06-01T09:00/P1D", want{"2026-06-01T09:00:00Z", 1}},
		{"no start any more", "R/" + nine + "/P1D", "R3/PT10H", want{"2026-05-02T15:00:00Z", 3}},
		{"a day instead of a time", "R/" + nine + "/P1D", "R/2026-05-01/P1D", want{"2026-05-03T00:00:00Z", 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after := bpmn.ParseTimer(bpmn.TimeCycle, c.before), bpmn.ParseTimer(bpmn.TimeCycle, c.after)
			o, err := before.First(at(t, from), noItem)
			require.NoError(t, err)
			o, _, err = before.Next(o, o.Due)
			require.NoError(t, err)
			next, more, err := after.Next(o, o.Due)
			require.NoError(t, err)
			require.Equal(t, c.want.due != "", more)
			if more {
				require.Equal(t, c.want, want{next.Due.Format(time.RFC3339), next.Number})
				again, _, err := after.Next(next, next.Due)
				require.NoError(t, err)
				require.True(t, again.Due.After(next.Due))
				require.Equal(t, next.Number+1, again.Number)
			}
		})
	}
}

// A value that has moved from an item to the model is the model's; one that has
// moved to an item is not known.
func TestACycleThatMovesBetweenItemAndModel(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-15T12:00:00Z")
	item, model := bpmn.ParseTimer(bpmn.TimeCycle, "<itemvalue>due</itemvalue>"), bpmn.ParseTimer(bpmn.TimeCycle, "R/PT20M")
	o, err := item.First(from, items("R/PT10M"))
	require.NoError(t, err)
	next, more, err := model.Next(o, o.Due)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, bpmn.Occurrence{Due: from.Add(20 * time.Minute), Fixed: true, Start: from, Number: 2}, next)
	_, more, err = item.Next(next, next.Due)
	require.NoError(t, err)
	require.False(t, more)
}

// An entry's data may have been written by anybody.
func TestNextRefusesWhatIsNoOccurrence(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-01-15T12:00:00Z")
	timer := bpmn.ParseTimer(bpmn.TimeCycle, "R/PT10M")
	far := time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, o := range []bpmn.Occurrence{
		{Due: now, Start: now},
		{Due: now, Start: now, Number: -1},
		{Due: now, Start: now, Number: 1 << 62},
		{Due: far, Start: now, Number: 1},
		{Due: now, Start: far, Number: 1},
		{Due: now, Start: now.AddDate(200, 0, 0), Number: 1},
	} {
		_, more, err := timer.Next(o, now)
		var fault *bpmn.TimerError
		require.ErrorAs(t, err, &fault, "%v", o)
		require.False(t, more)
	}
	item := bpmn.ParseTimer(bpmn.TimeCycle, "<itemvalue>due</itemvalue>")
	_, more, err := item.Next(bpmn.Occurrence{Due: now, Start: now, Number: 1}, now)
	require.NoError(t, err)
	require.False(t, more, "it is of a cycle that stood in the model")
	_, _, err = item.Next(bpmn.Occurrence{Due: now, Start: now, Number: 1, Spec: "daily"}, now)
	require.EqualError(t, err, `timer value "daily" of item "due" is no ISO 8601 cycle such as R3/PT10M, R/P1D or R/2026-01-31T09:00:00Z/P1D; cron expressions are not read`)
}

// A cycle of a second that has waited since the year 1 does not count seconds.
func TestNextDoesNotWalk(t *testing.T) {
	t.Parallel()
	now := time.Date(9998, 7, 1, 0, 0, 0, 0, zone(t, "Europe/Berlin"))
	for _, interval := range []string{"PT1S", "PT1.001S", "P1D", "P1DT1S", "P1M", "P1M1DT1H", "P100Y"} {
		timer := bpmn.ParseTimer(bpmn.TimeCycle, "R/0001-01-02/"+interval)
		began := time.Now()
		o, err := timer.First(now.AddDate(-1000, 0, 0), noItem)
		require.NoError(t, err)
		next, more, err := timer.Next(o, now)
		if strings.HasSuffix(interval, "00Y") {
			require.ErrorContains(t, err, "outside the years")
			continue
		}
		require.NoError(t, err)
		require.True(t, more)
		require.True(t, next.Due.After(now), interval)
		require.Less(t, next.Due.Sub(now), 35*24*time.Hour, interval)
		require.Less(t, time.Since(began), time.Second)
	}
}

func BenchmarkTimerNext(b *testing.B) {
	timer := bpmn.ParseTimer(bpmn.TimeCycle, "R/2000-01-31T09:00/P1M")
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, zone(b, "Europe/Berlin"))
	o, err := timer.First(now, noItem)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := timer.Next(o, o.Due); err != nil {
			b.Fatal(err)
		}
	}
}
