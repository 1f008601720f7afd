package simulation_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/simulation"
)

var update = flag.Bool("update", false, "write testdata/*.golden")

const day = 24 * time.Hour

type items = map[string][]any

// start begins at nine on the first of January 2026 with one model.
func start(t *testing.T, model string, o simulation.Options) *simulation.Simulation {
	t.Helper()
	o.Models = []string{filepath.Join("testdata", model+".bpmn")}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	}
	s, err := simulation.New(o)
	require.NoError(t, err)
	return s
}

func process(t *testing.T, s *simulation.Simulation, given items) simulation.Workitem {
	t.Helper()
	w, err := s.Process(given)
	require.NoError(t, err)
	return w
}

func event(t *testing.T, s *simulation.Simulation, w simulation.Workitem, id int) {
	t.Helper()
	process(t, s, items{"$uniqueid": {w.ID}, "$eventid": {id}})
}

func submit(t *testing.T, s *simulation.Simulation) simulation.Workitem {
	t.Helper()
	return process(t, s, items{"$taskid": {100}, "$eventid": {10}})
}

func TestTimelines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		play  func(*testing.T, *simulation.Simulation)
	}{
		"the first armed comes first": {"two-due-at-once", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			submit(t, s)
			require.NoError(t, s.Run())
		}},
		"a failure harms no other": {"failing", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			submit(t, s)
			err := s.Run()
			require.ErrorContains(t, err, "async event 20 of workitem-1 at 2026-01-01T10:00:00Z: INVALID_MODEL_ENTRY")
			var fault *simulation.Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, "INVALID_MODEL_ENTRY", fault.Code)
		}},
		"splits have timers of their own": {"split", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			submit(t, s)
			require.NoError(t, s.Run())
		}},
		"a cycle stays on its grid": {"monthly", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			require.NoError(t, s.Advance(30*day))
			submit(t, s)
			require.NoError(t, s.Run())
		}},
		"a user starts the cycle anew": {"monthly", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			w := submit(t, s)
			require.NoError(t, s.Advance(40*day))
			event(t, s, w, 30)
			require.NoError(t, s.Advance(40*day))
			event(t, s, w, 40)
			require.NoError(t, s.Run())
		}},
		"two workitems": {"monthly", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			submit(t, s)
			require.NoError(t, s.Advance(10*day))
			submit(t, s)
			require.NoError(t, s.Advance(25*day))
		}},
		"plugins": {"plugins", func(t *testing.T, s *simulation.Simulation) {
			t.Helper()
			w := process(t, s, items{"$taskid": {100}, "$eventid": {10}, "subject": {"chair"}})
			require.Equal(t, []any{"web"}, w.Items["origin"])
			require.NoError(t, s.Run())
			require.Len(t, s.Workitems(), 2)
			require.Equal(t, []any{"chair"}, s.Workitems()[1].Items["subject"])
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, c.model, simulation.Options{})
			c.play(t, s)
			file := filepath.Join("testdata", filepath.Base(t.Name())+".golden")
			got := s.Timeline().String()
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// A month takes milliseconds, and a second run gives the same to the letter.
func TestThirtyDaysTakeMilliseconds(t *testing.T) {
	t.Parallel()
	play := func() *simulation.Simulation {
		s, err := simulation.New(simulation.Options{Models: []string{"escalation.bpmn"}, Files: examples.FS})
		require.NoError(t, err)
		process(t, s, items{"$taskid": {1000}, "$eventid": {10}})
		require.NoError(t, s.Advance(30*day))
		return s
	}
	began := time.Now()
	s := play()
	require.Less(t, time.Since(began), time.Second)
	require.Equal(t, simulation.Task{ID: 1300, Name: "Escalated"}, s.Workitem("workitem-1").Task)
	require.Equal(t, time.Date(2000, 1, 31, 0, 0, 0, 0, time.UTC), s.Now())
	require.Len(t, s.Timeline(), 7, "one event, four reminders, the escalation and the reminder it stops")
	require.Equal(t, s.Timeline(), play().Timeline())
}

func TestPendingIsWhatWillBeProcessed(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	require.Empty(t, s.Pending())
	submit(t, s)
	armed := s.Pending()
	require.Equal(t, []simulation.Armed{
		{Workitem: "workitem-2", Event: simulation.Event{ID: 40, Name: "Expire"}, BoundaryEvent: "expiry", Due: s.Now().Add(day)},
		{Workitem: "workitem-1", Event: simulation.Event{ID: 30, Name: "Travel"}, BoundaryEvent: "travel", Due: s.Now().Add(2 * day)},
	}, armed)
	require.NoError(t, s.AdvanceTo(armed[0].Due.Add(-time.Millisecond)))
	require.Len(t, s.Pending(), 2, "nothing is early")
	require.NoError(t, s.AdvanceTo(armed[0].Due))
	require.Equal(t, armed[1:], s.Pending(), "that very moment is included")
}

func TestWorkitemsAreCopies(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{Editor: "anna"})
	given := items{"$taskId": {100}, "$EventID": {"10"}, "Price": {float32(1.5), nil}, "when": {s.Now()}, "empty": {}}
	w := process(t, s, given)
	require.Equal(t, items{"$taskId": {100}, "$EventID": {"10"}, "Price": {float32(1.5), nil}, "when": {s.Now()}, "empty": {}}, given)
	require.Equal(t, "workitem-1", w.ID)
	require.Equal(t, "split-1.0", w.Model)
	require.Equal(t, simulation.Task{ID: 200, Name: "Booked"}, w.Task)
	require.Equal(t, []any{1.5}, w.Items["price"])
	require.Equal(t, []any{"anna"}, w.Items["$creator"])
	require.Equal(t, []any{s.Now()}, w.Items["$created"])
	w.Items["price"][0] = "changed"
	require.Equal(t, []any{1.5}, s.Workitem("workitem-1").Items["price"])
	require.Equal(t, []any{"workitem-1"}, s.Workitem("workitem-2").Items["$uniqueidsource"])
	require.Zero(t, s.Workitem("workitem-3"))
}

func TestProcessRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given         items
		code, message string
	}{
		"no task":      {items{"$eventid": {10}}, "UNDEFINED_PROCESSID", "$taskid, $eventid"},
		"no event":     {items{"$taskid": {100}}, "UNDEFINED_ACTIVITYID", "$taskid, $eventid"},
		"not stored":   {items{"$uniqueid": {"x"}, "$taskid": {100}}, "OPERATION_NOTALLOWED", "$taskid, $eventid"},
		"other task":   {items{"$uniqueid": {"workitem-1"}, "$taskid": {100}, "$eventid": {10}}, "INVALID_PROCESSID", "another task"},
		"not callable": {items{"$uniqueid": {"workitem-1"}, "$eventid": {99}}, "UNDEFINED_MODEL_ENTRY", "200.99 is not callable"},
		"no model":     {items{"$taskid": {100}, "$eventid": {10}, "$modelversion": {"none"}}, "UNDEFINED_MODEL_VERSION", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "split", simulation.Options{})
			submit(t, s)
			before := s.Workitems()
			w, err := s.Process(c.given)
			require.Zero(t, w)
			var fault *simulation.Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, c.code, fault.Code)
			require.Contains(t, fault.Message, c.message)
			require.Equal(t, before, s.Workitems(), "nothing has happened")

			steps := s.Timeline()
			last := steps[len(steps)-1]
			require.True(t, last.Failed())
			require.Equal(t, c.code, last.Code)
			require.Equal(t, last.From, last.To)

			next := submit(t, s)
			require.Equal(t, "workitem-3", next.ID, "a failure uses up no number")
		})
	}
}

func TestProcessRefusesWhatAreNoItems(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	for message, given := range map[string]items{
		"item Channel: a value of type chan int cannot be an item value":        {"Channel": {make(chan int)}},
		`"$EventID" and "$eventid" are one item: only one of them can be given`: {"$taskid": {100}, "$eventid": {10}, "$EventID": {20}},
		`item "text": contains the character U+0000, which cannot be stored`:    {"$taskid": {100}, "$eventid": {10}, "text": {"\x00"}},
	} {
		_, err := s.Process(given)
		require.EqualError(t, err, message)
	}
	require.Empty(t, s.Timeline())
}

func TestAdapters(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		adapter simulation.Adapter
		task    int
		err     string
	}{
		"changes items": {func(e simulation.Event, it map[string][]any) error {
			it["Sent"] = []any{e.ID}
			return nil
		}, 200, ""},
		"fails as the model knows": {func(simulation.Event, map[string][]any) error {
			return &simulation.AdapterError{Code: "TIMEOUT", Message: "no answer"}
		}, 300, ""},
		"fails": {func(simulation.Event, map[string][]any) error { return broken }, 0, "adapter com.example.Mail: broken"},
		"gives one item twice": {func(_ simulation.Event, it map[string][]any) error {
			it["$TaskID"] = []any{300}
			return nil
		}, 0, `"$TaskID" and "$taskid" are one item`},
		"gives no value": {func(_ simulation.Event, it map[string][]any) error {
			it["x"] = []any{struct{}{}}
			return nil
		}, 0, "cannot be an item value"},
		"is missing": {nil, 0, "is not registered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := simulation.Options{}
			if c.adapter != nil {
				o.Adapters = map[string]simulation.Adapter{"com.example.Mail": c.adapter}
			}
			s := start(t, "adapter", o)
			w, err := s.Process(items{"$taskid": {100}, "$eventid": {10}})
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.task, w.Task.ID)
			if c.task == 200 {
				require.Equal(t, []any{int64(10)}, w.Items["sent"])
			}
		})
	}
	s := start(t, "adapter", simulation.Options{StubAdapters: true})
	require.Equal(t, 200, submit(t, s).Task.ID)
}

func TestATimerMayBeInAnItem(t *testing.T) {
	t.Parallel()
	s := start(t, "due-from-item", simulation.Options{})
	due := s.Now().Add(36 * time.Hour)
	w := process(t, s, items{"$taskid": {100}, "$eventid": {10}, "due": {due}})
	require.Equal(t, due, s.Pending()[0].Due)
	require.NoError(t, s.Run())
	require.Equal(t, due, s.Now())
	require.Equal(t, 300, s.Workitem(w.ID).Task.ID)

	_, err := s.Process(items{"$taskid": {100}, "$eventid": {10}, "due": {"soon"}})
	var fault *simulation.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "INVALID_TIMER", fault.Code)
	require.Len(t, s.Workitems(), 1, "nothing of it is kept")
	require.Empty(t, s.Pending())
}

func TestWhatDoesNotEndIsStopped(t *testing.T) {
	t.Parallel()
	for name, advance := range map[string]func(*simulation.Simulation) error{
		"Run":     func(s *simulation.Simulation) error { return s.Run() },
		"Advance": func(s *simulation.Simulation) error { return s.Advance(0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "endless", simulation.Options{Limit: 50})
			submit(t, s)
			err := advance(s)
			require.ErrorIs(t, err, simulation.ErrLimit)
			require.ErrorContains(t, err, "50 were processed until 2026-01-01T09:00:00Z, and event 20 of workitem-1 is due")
			require.Len(t, s.Timeline(), 51)
			require.ErrorIs(t, advance(s), simulation.ErrLimit)
		})
	}
}

func TestTheClockGoesForwardOnly(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	require.ErrorContains(t, s.Advance(-time.Second), "cannot go back from 2026-01-01T09:00:00Z to 2026-01-01T08:59:59Z")
	require.NoError(t, s.Run())
	require.Equal(t, 9, s.Now().Hour(), "nothing is pending")
	require.ErrorContains(t, s.AdvanceTo(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), "cannot show the year 10000, only 1 to 9999")
	require.Equal(t, 9, s.Now().Hour())
}

func TestZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	s := start(t, "monthly", simulation.Options{Start: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Zone: zone})
	submit(t, s)
	require.Equal(t, "2026-04-01T10:00:00+02:00", s.Pending()[0].Due.Format(time.RFC3339), "the same time of day in summer")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for message, o := range map[string]simulation.Options{
		"needs a model":                  {},
		"read model: open none.bpmn":     {Models: []string{"none.bpmn"}},
		"read model: none.bpmn:":         {Models: []string{"none.bpmn"}, Files: fstest.MapFS{"none.bpmn": {}}},
		"cannot show the year 10000":     {Models: []string{"other.bpmn"}, Start: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)).In(time.UTC)},
		"file does not exist":            {Models: []string{"other.bpmn"}, Files: fstest.MapFS{}},
		"read model: simulation_test.go": {Models: []string{"simulation_test.go"}},
	} {
		_, err := simulation.New(o)
		require.ErrorContains(t, err, message)
	}
}
