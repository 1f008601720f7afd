package simulate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/simulate"
	"github.com/postlude/postlude/internal/workitem"
	"github.com/postlude/postlude/simulation"
)

const submitted = `{"$taskid":[1000],"$eventid":[10]}`

// ticket is a life of the example with a timer of two seconds.
func ticket(events ...simulate.Event) simulate.Life {
	return simulate.Life{
		Options: simulation.Options{Models: []string{"ticket.bpmn"}, Files: examples.FS},
		Start:   "2026-01-01T09:00:00Z", Events: events,
	}
}

func play(t *testing.T, l simulate.Life, in string) (out string, ok bool, err error) {
	t.Helper()
	var b bytes.Buffer
	ok, err = simulate.Play(l, strings.NewReader(in), &b)
	return b.String(), ok, err
}

func TestPlay(t *testing.T) {
	t.Parallel()
	comment := workitem.Items{"$eventlogcomment": {"hurry"}}
	life := ticket(simulate.Event{At: "PT1H", ID: 20}, simulate.Event{At: "2026-01-01T09:00:01Z", ID: 30, Items: comment})
	got, ok, err := play(t, life, submitted)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, `TIME                  WORKITEM    WHAT         EVENT        TASK                            EFFECT
2026-01-01T09:00:00Z  workitem-1  user event   10 submit    1000 New → 1100 Open            arms 90 escalate for 2026-01-01T09:00:02Z
2026-01-01T09:00:01Z  workitem-1  user event   30 comment   1100 Open                       arms 90 escalate for 2026-01-01T09:00:03Z
2026-01-01T09:00:01Z  workitem-1  stale        90 escalate  1100 Open                       was due 2026-01-01T09:00:02Z
2026-01-01T09:00:03Z  workitem-1  async event  90 escalate  1100 Open → 1300 Escalated
2026-01-01T10:00:00Z  workitem-1  user event   20 answer    1300 Escalated → 1200 Answered
`, got)
	require.Equal(t, workitem.Items{"$eventlogcomment": {"hurry"}}, comment, "the given items are not changed")
}

func TestPlayEndsWithWhatIsArmed(t *testing.T) {
	t.Parallel()
	life := ticket()
	life.For = "PT1S"
	got, ok, err := play(t, life, submitted)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, strings.HasSuffix(got, `
Still armed at 2026-01-01T09:00:01Z:
2026-01-01T09:00:02Z  workitem-1  90 escalate
`), got)

	life.JSON = true
	got, _, err = play(t, life, submitted)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(got), "\n")
	require.Len(t, lines, 2)
	var step simulation.Step
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &step))
	require.Equal(t, simulation.UserEvent, step.What)
	require.Equal(t, 1100, step.To.ID)
	require.Len(t, step.Armed, 1)
	require.JSONEq(t, `{"time":"2026-01-01T09:00:01Z","what":"pending","workitem":"workitem-1",
		"event":{"id":90,"name":"escalate"},"boundaryEvent":"Boundary_Timeout","due":"2026-01-01T09:00:02Z"}`, lines[1])
}

func TestPlayShowsFailures(t *testing.T) {
	t.Parallel()
	got, ok, err := play(t, ticket(simulate.Event{At: "PT1S", ID: 99}), submitted)
	require.NoError(t, err)
	require.False(t, ok)
	require.Contains(t, got, `failed: UNDEFINED_MODEL_ENTRY: 1100.99 is not callable in model "ticket-1.0"`)
	require.Contains(t, got, "async event  90 escalate", "it goes on")

	got, ok, err = play(t, ticket(), `{"$taskid":[1000],"$eventid":[99]}`)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, 2, strings.Count(got, "\n"), got)
}

func TestPlayRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*simulate.Life)
		in      string
		message string
		usage   bool
	}{
		"start":        {func(l *simulate.Life) { l.Start = "tomorrow" }, submitted, `start: "tomorrow" is no date-time`, true},
		"start offset": {func(l *simulate.Life) { l.Start = "PT1H" }, submitted, `start: "PT1H" is no time`, true},
		"zero time":    {func(l *simulate.Life) { l.Start = "0001-01-01" }, submitted, "start: 0001-01-01 is the one time that means no time", true},
		"last hour":    {func(l *simulate.Life) { l.Start = "9999-12-31T23:59:59-12:00" }, submitted, "is outside the years 1 to 9999", true},
		"late end":     {func(l *simulate.Life) { l.Start = "9999-12-31T23:00Z"; l.For = "PT2H" }, submitted, `end: "PT2H" is outside the years 1 to 9999`, true},
		"long end":     {func(l *simulate.Life) { l.For = "P200Y" }, submitted, `end: "P200Y" is longer than 100 years`, true},
		"end":          {func(l *simulate.Life) { l.For = "P1X" }, submitted, `end: "P1X" is neither`, true},
		"early end":    {func(l *simulate.Life) { l.For = "2025-12-31" }, submitted, "end: 2025-12-31 is before the start", true},
		"event time":   {func(l *simulate.Life) { l.Events[0].At = "noon" }, submitted, `event 20: "noon" is no date-time`, true},
		"early event":  {func(l *simulate.Life) { l.Events[0].At = "2025-12-31" }, submitted, "event 20 at 2025-12-31 is before the start", true},
		"late event":   {func(l *simulate.Life) { l.For = "PT1M" }, submitted, "event 20 at PT1H is after the end, 2026-01-01T09:01:00Z", true},
		"no workitem":  {func(l *simulate.Life) { l.Events[0].Workitem = "x" }, submitted, "there is no workitem x then, only workitem-1", false},
		"no model":     {func(l *simulate.Life) { l.Options.Models = []string{"none.bpmn"} }, submitted, "read model", false},
		"no JSON":      {func(*simulate.Life) {}, "hello", "read workitem", false},
		"without end": {func(l *simulate.Life) {
			l.Options.Models = []string{"endless.bpmn"}
			l.Options.Limit = 3
			l.Options.Files = nil
		}, `{"$taskid":[100],"$eventid":[10]}`, "too many async events", false},
		"item as a due": {func(l *simulate.Life) { l.For = "<itemvalue>x</itemvalue>" }, submitted, "refers to an item", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			life := ticket(simulate.Event{At: "PT1H", ID: 20})
			c.change(&life)
			for i, m := range life.Options.Models {
				if life.Options.Files == nil {
					life.Options.Models[i] = "../../simulation/testdata/" + m
				}
			}
			_, ok, err := play(t, life, c.in)
			require.False(t, ok && err == nil)
			require.ErrorContains(t, err, c.message)
			var wrong *simulate.UsageError
			require.Equal(t, c.usage, errors.As(err, &wrong))
		})
	}
	_, err := simulate.Play(ticket(), strings.NewReader(submitted), fullDisk{})
	require.ErrorContains(t, err, "write timeline: disk full")
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, zone)
	for text, want := range map[string]string{
		"PT2H":                      "2026-03-01T11:00:00+01:00",
		"P1M":                       "2026-04-01T09:00:00+02:00",
		"P30DT1.5S":                 "2026-03-31T09:00:01.5+02:00",
		"2026-04-01":                "2026-04-01T00:00:00+02:00",
		"2026-04-01T12:00":          "2026-04-01T12:00:00+02:00",
		"2026-04-01T12:00:30":       "2026-04-01T12:00:30+02:00",
		"2026-04-01T12:00:30,25":    "2026-04-01T12:00:30.25+02:00",
		"2026-04-01T12:00:30Z":      "2026-04-01T14:00:30+02:00",
		"2026-04-01T12:00:30-05:00": "2026-04-01T19:00:30+02:00",
		"2026-03-29T02:30":          "2026-03-29T03:30:00+02:00", // skipped
		"2026-10-25T02:30":          "2026-10-25T02:30:00+02:00", // the first of two
		"2025-06-01T00:00":          "2025-06-01T00:00:00+02:00", // before the start
		"0001-01-02":                "0001-01-02T00:00:00+00:53",
		"2226-03-02":                "2226-03-02T00:00:00+01:00", // more than a century later
		"9999-12-31T23:59:59":       "9999-12-31T23:59:59+01:00",
	} {
		got, err := simulate.ParseTime(text, start)
		require.NoError(t, err, text)
		require.Equal(t, want, got.Format("2006-01-02T15:04:05.999Z07:00"), text)
	}
	for text, message := range map[string]string{
		"":                          "a time is missing",
		"2H":                        `"2H" is no date-time such as 2026-01-31T09:00:00Z`,
		"1000":                      `"1000" is no date-time`,
		"01.04.2026":                `"01.04.2026" is no date-time`,
		"2026-02-30":                `"2026-02-30" is a day or a time of day that does not exist`,
		"9999-12-31T23:59:59Z":      "is outside the years 1 to 9999", // it is the year 10000 in Berlin
		"9999-12-31T23:59:59-12:00": "is outside the years 1 to 9999",
		"<itemvalue>x</itemvalue>":  "refers to an item",
		"<itemvalue>":               "is no item reference",
		"P":                         `"P" is neither a number of milliseconds nor an ISO 8601 duration`,
		"-PT1H":                     `"-PT1H" is negative`,
		"P200Y":                     `"P200Y" is longer than 100 years`,
	} {
		_, err := simulate.ParseTime(text, start)
		require.ErrorContains(t, err, message, text)
		require.NotContains(t, err.Error(), "timer", text)
	}
}

func TestParseEvent(t *testing.T) {
	t.Parallel()
	got, err := simulate.ParseEvent("PT2H=20")
	require.NoError(t, err)
	require.Equal(t, simulate.Event{At: "PT2H", ID: 20}, got)
	got, err = simulate.ParseEvent("2026-04-01T12:00Z=20@workitem-2")
	require.NoError(t, err)
	require.Equal(t, simulate.Event{At: "2026-04-01T12:00Z", ID: 20, Workitem: "workitem-2"}, got)
	for _, text := range []string{"", "20", "=20", "PT2H", "PT2H=", "PT2H=x", "PT2H=-1", "PT2H=0"} {
		_, err := simulate.ParseEvent(text)
		require.ErrorContains(t, err, "TIME=EVENT is needed", text)
	}
}

func TestParseEvents(t *testing.T) {
	t.Parallel()
	got, err := simulate.ParseEvents([]byte(`[{"at":"PT2H","event":20},
		{"at":"P1D","event":30,"workitem":"w","items":{"Amount":[50.5],"n":1}}]`))
	require.NoError(t, err)
	require.Equal(t, []simulate.Event{
		{At: "PT2H", ID: 20},
		{At: "P1D", ID: 30, Workitem: "w", Items: workitem.Items{"amount": {50.5}, "n": {int64(1)}}},
	}, got)
	for text, message := range map[string]string{
		``:                                 "a JSON array is needed",
		`{}`:                               "a JSON array is needed",
		`null`:                             "a JSON array is needed",
		`[] []`:                            "a JSON array is needed",
		`[]]`:                              "offset 3: invalid character ']' after top-level value",
		`[1]`:                              "event 1 of the array: it is no object but a JSON number",
		`[[]]`:                             "event 1 of the array: it is no object but a JSON array",
		`[null]`:                           `event 1 of the array: "at" and "event" are needed`,
		`[{"at":"PT2H","event":20,"x":1}]`: `unknown field "x"`,
		`[{"at":"PT2H","event":20},{"event":20}]`:        `event 2 of the array: "at" and "event" are needed`,
		`[{"at":"PT2H"}]`:                                `event 1 of the array: "at" and "event" are needed`,
		`[{"at":"PT2H","event":20,"items":[1]}]`:         "event 1 of the array: items",
		`[{"at":"PT2H","event":20,"items":{"a":[1]}}`:    "a JSON array is needed",
		`[{"at":"PT2H","event":"20"}]`:                   `event 1 of the array: "event" cannot be a JSON string`,
		`[{"at":2,"event":20}]`:                          `event 1 of the array: "at" cannot be a JSON number`,
		`[{"at":"PT2H","event":20,"items":{"a":1e999}}]`: "event 1 of the array",
	} {
		_, err := simulate.ParseEvents([]byte(text))
		require.ErrorContains(t, err, message, text)
		for _, ofGo := range []string{"struct", "Go value", "RawMessage"} {
			require.NotContains(t, err.Error(), ofGo, text)
		}
	}
}
