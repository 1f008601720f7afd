package bpmn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	location, err := time.LoadLocation(name)
	require.NoError(tb, err)
	return location
}

// at reads a time with an offset.
func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	date, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(tb, err)
	return date
}

func noItem(string) any { return nil }

// timerCase is a timer that begins at from, in a zone, and is first due at want.
type timerCase struct{ text, zone, from, want string }

func testFirst(t *testing.T, kind bpmn.TimerKind, cases []timerCase) {
	t.Helper()
	for _, c := range cases {
		name := strings.NewReplacer("/", " ", "\n", " ").Replace(c.text + " from " + c.from + " " + c.zone)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timer := bpmn.ParseTimer(kind, c.text)
			require.NoError(t, timer.Err)
			from := at(t, c.from).In(zone(t, c.zone))
			got, err := timer.First(from, noItem)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Due.Format(time.RFC3339Nano))
		})
	}
}

// testRefused checks texts that are a fault of the model, with the reason.
func testRefused(t *testing.T, kind bpmn.TimerKind, reasons map[string][]string) {
	t.Helper()
	for reason, texts := range reasons {
		for _, text := range texts {
			timer := bpmn.ParseTimer(kind, text)
			var fault *bpmn.TimerError
			require.ErrorAs(t, timer.Err, &fault, text)
			require.ErrorContains(t, timer.Err, reason, text)
			require.Equal(t, strings.TrimSpace(text), fault.Text)
			require.Less(t, len(timer.Err.Error()), 1000, "a long text is cut")

			_, err := timer.First(time.Now(), noItem)
			require.ErrorIs(t, err, timer.Err, text)
			_, more, err := timer.Next(bpmn.Occurrence{}, time.Now())
			require.ErrorIs(t, err, timer.Err, text)
			require.False(t, more)
		}
	}
}

func TestATimerWithoutATextIsDueAtOnce(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 12, 0, 0, 5, zone(t, "Europe/Berlin"))
	timers := []bpmn.Timer{{}}
	for _, kind := range []bpmn.TimerKind{bpmn.NoTimer, bpmn.TimeDuration, bpmn.TimeDate, bpmn.TimeCycle} {
		timers = append(timers, bpmn.ParseTimer(kind, ""), bpmn.ParseTimer(kind, " \n\t\u00a0"))
	}
	for _, timer := range timers {
		got, err := timer.First(from, nil)
		require.NoError(t, err)
		require.Equal(t, bpmn.Occurrence{Due: from}, got)
		_, more, err := timer.Next(got, from)
		require.NoError(t, err)
		require.False(t, more)
	}
}

func TestTimerElements(t *testing.T) {
	t.Parallel()
	const several = "is one of several of the boundary event"
	for name, c := range map[string]struct {
		definition string
		kind       bpmn.TimerKind
		text, err  string
	}{
		"none":               {"", bpmn.NoTimer, "", ""},
		"a message":          {"<messageEventDefinition/>", bpmn.NoTimer, "", ""},
		"no element":         {"<timerEventDefinition/>", bpmn.NoTimer, "", ""},
		"empty":              {"<timerEventDefinition><timeCycle> </timeCycle></timerEventDefinition>", bpmn.TimeCycle, "", ""},
		"duration":           {"<timerEventDefinition><timeDuration>\n PT1H </timeDuration></timerEventDefinition>", bpmn.TimeDuration, "PT1H", ""},
		"CDATA":              {"<timerEventDefinition><timeDate><![CDATA[2026-01-01]]></timeDate></timerEventDefinition>", bpmn.TimeDate, "2026-01-01", ""},
		"cycle":              {"<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>", bpmn.TimeCycle, "R/PT1H", ""},
		"one is empty":       {"<timerEventDefinition><timeDate/><timeCycle>R/PT1H</timeCycle></timerEventDefinition>", bpmn.TimeCycle, "R/PT1H", ""},
		"escaped reference":  {"<timerEventDefinition><timeDate>&lt;itemvalue>due&lt;/itemvalue></timeDate></timerEventDefinition>", bpmn.TimeDate, "<itemvalue>due</itemvalue>", ""},
		"two kinds":          {"<timerEventDefinition><timeDuration>1</timeDuration><timeDate>2026-01-01</timeDate></timerEventDefinition>", bpmn.TimeDate, "2026-01-01", several},
		"twice":              {"<timerEventDefinition><timeDuration>1</timeDuration><timeDuration>2</timeDuration></timerEventDefinition>", bpmn.TimeDuration, "2", several},
		"two definitions":    {"<timerEventDefinition><timeDuration>1</timeDuration></timerEventDefinition><timerEventDefinition><timeDuration>2</timeDuration></timerEventDefinition>", bpmn.TimeDuration, "2", several},
		"reference as XML":   {"<timerEventDefinition><timeDate><itemvalue>due</itemvalue></timeDate></timerEventDefinition>", bpmn.TimeDate, "", "an item reference is a text"},
		"a bad one":          {"<timerEventDefinition><timeDate>soon</timeDate></timerEventDefinition>", bpmn.TimeDate, "soon", `timer value "soon" is no date-time`},
		"a date as duration": {"<timerEventDefinition><timeDuration>2026-01-01</timeDuration></timerEventDefinition>", bpmn.TimeDuration, "2026-01-01", "neither a number of milliseconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := bpmn.Parse("model.bpmn", strings.NewReader(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">
				<process id="p"><task id="t" imixs:processid="1"/><boundaryEvent id="b" attachedToRef="t">`+c.definition+`</boundaryEvent></process></definitions>`))
			require.NoError(t, err)
			timer := m.Task(1).Boundary[0].Timer
			require.Equal(t, c.kind, timer.Kind)
			if c.err != "" {
				require.ErrorContains(t, timer.Err, c.err)
				return
			}
			require.NoError(t, timer.Err)
			require.Equal(t, c.text, timer.Text)
		})
	}
}
