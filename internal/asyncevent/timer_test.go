package asyncevent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// timed attaches an event with a timer of any kind to a task.
func (d *drawing) timed(id string, task int, element, value string, interrupting bool) *drawing {
	return d.add(`<bpmn2:boundaryEvent id="%s" attachedToRef="t%d" cancelActivity="%t"><bpmn2:timerEventDefinition><bpmn2:%s><![CDATA[%s]]></bpmn2:%s></bpmn2:timerEventDefinition></bpmn2:boundaryEvent>`,
		id, task, interrupting, element, value, element)
}

// twoTimers: on 1100 the boundary event "subject" leads through 20 to a task, the
// interrupting "escalate" in an hour through 30 to 1200. Users loop back with 40
// and leave with 50.
func twoTimers(version, element, value string, interrupting bool, to int) *drawing {
	return draw(version).task(1000).task(1100).task(1200).event(10).event(20).event(30).event(40).event(50).
		flow("start", "t1000", "e10", "t1100", "e40", "t1100").flow("t1100", "e50", "t1200").
		timed("subject", 1100, element, value, interrupting).flow("subject", "e20", fmt.Sprintf("t%d", to)).
		timed("escalate", 1100, "timeDuration", "PT1H", true).flow("escalate", "e30", "t1200")
}

// pass lets time pass: it moves what is armed for a workitem into the past.
func (b *bed) pass(ref string, d time.Duration) {
	b.t.Helper()
	for _, e := range b.entries(ref) {
		data := b.data(e.ID)
		if start := data.Date("$timerstart"); !start.IsZero() {
			data.Set("$timerstart", start.Add(-d))
		}
		_, err := b.pool.Exec(b.t.Context(), "UPDATE eventlog SET due = due - $2::interval, data = $3 WHERE id = $1",
			e.ID, d, string(workitem.AppendJSON(nil, data)))
		require.NoError(b.t, err)
	}
}

func (b *bed) data(entry uuid.UUID) workitem.Items {
	b.t.Helper()
	var text []byte
	require.NoError(b.t, b.pool.QueryRow(b.t.Context(), "SELECT data FROM eventlog WHERE id = $1", entry).Scan(&text))
	data, err := workitem.ParseJSON(text)
	require.NoError(b.t, err)
	return data
}

// replace gives an item of a stored workitem one text, behind the processor's back.
func (b *bed) replace(id, item, value string) {
	b.t.Helper()
	_, err := b.pool.Exec(b.t.Context(), `
UPDATE workitem SET items = jsonb_set(items::jsonb, $2, jsonb_build_array($3::text))::json
WHERE uniqueid = $1`, id, []string{item}, value)
	require.NoError(b.t, err)
}

// due is how long it is until an entry is due.
func (b *bed) due(entry uuid.UUID) time.Duration {
	return time.Duration(b.count("SELECT (extract(epoch FROM due - clock_timestamp()) * 1000000)::bigint FROM eventlog WHERE id = $1", entry)) * time.Microsecond
}

// armed says what is armed, by due time: names of boundary events, with the number of a cycle's
// occurrence, and a + if the entry was not among those before.
func (b *bed) armed(ref string, before []entry) string {
	b.t.Helper()
	known := map[uuid.UUID]bool{}
	for _, e := range before {
		known[e.ID] = true
	}
	var list []string
	for _, e := range b.entries(ref) {
		data := b.data(e.ID)
		record := b.load(ref)
		require.Equal(b.t, record.ArmedBy, e.ArmedBy, "what is armed is current")
		require.Equal(b.t, record.ArmedBy, data.Text(workitem.TransactionID))
		name := data.Text("$boundaryevent")
		if n := data.Int("$timernumber"); n > 0 {
			name += fmt.Sprint(" ", n)
		}
		if !known[e.ID] {
			name += " +"
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// The table of docs/timers.md: what stays armed behind every combination of
// timers and events. A + is an entry that the last step has armed.
func TestWhatStaysArmed(t *testing.T) {
	t.Parallel()
	const (
		once, cycle = "timeDuration PT10M", "timeCycle R3/PT10M"
		back, leave = 1100, 1200
	)
	for _, c := range []struct {
		interrupting bool
		timer        string
		to           int
		steps        string
		want         string
	}{
		{false, once, back, "", "subject +, escalate +"},
		{false, once, back, "fires", "escalate"},
		{false, once, back, "user loops", "subject +, escalate +"},
		{false, once, back, "fires, user loops", "subject +, escalate +"},
		{false, once, back, "fires, user leaves", ""},
		{false, once, back, "user leaves", ""},
		{false, once, leave, "fires", ""},
		{false, once, leave, "user loops", "subject +, escalate +"},
		{false, once, leave, "user loops, fires", ""},
		{false, once, leave, "user leaves", ""},

		{true, once, back, "", "subject +, escalate +"},
		{true, once, back, "fires", "subject +, escalate +"},
		{true, once, back, "fires, fires", "subject +, escalate +"},
		{true, once, back, "user loops", "subject +, escalate +"},
		{true, once, back, "fires, user leaves", ""},
		{true, once, back, "user leaves", ""},
		{true, once, leave, "fires", ""},
		{true, once, leave, "user loops", "subject +, escalate +"},
		{true, once, leave, "user leaves", ""},

		{false, cycle, back, "", "subject 1 +, escalate +"},
		{false, cycle, back, "fires", "subject 2 +, escalate"},
		{false, cycle, back, "fires, fires", "subject 3 +, escalate"},
		{false, cycle, back, "fires, fires, fires", "escalate"},
		{false, cycle, back, "user loops", "subject 1 +, escalate +"},
		{false, cycle, back, "fires, user loops", "subject 1 +, escalate +"},
		{false, cycle, back, "fires, user loops, fires", "subject 2 +, escalate"},
		{false, cycle, back, "fires, user leaves", ""},
		{false, cycle, back, "user leaves", ""},
		{false, cycle, leave, "fires", ""},
		{false, cycle, leave, "user loops", "subject 1 +, escalate +"},
		{false, cycle, leave, "user leaves", ""},

		{true, cycle, back, "fires", "subject 1 +, escalate +"},
		{true, cycle, back, "fires, fires, fires, fires", "subject 1 +, escalate +"},
		{true, cycle, back, "user loops", "subject 1 +, escalate +"},
		{true, cycle, back, "fires, user leaves", ""},
		{true, cycle, back, "user leaves", ""},
		{true, cycle, leave, "fires", ""},
		{true, cycle, leave, "user loops", "subject 1 +, escalate +"},
		{true, cycle, leave, "user leaves", ""},
	} {
		name := fmt.Sprintf("interrupting %t, %s, to %d, %s", c.interrupting, strings.ReplaceAll(c.timer, "/", " "), c.to, c.steps)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			element, value, _ := strings.Cut(c.timer, " ")
			b := newBed(t, twoTimers("two", element, value, c.interrupting, c.to))
			id := b.create("two", nil)
			var before []entry
			for step := range strings.SplitSeq(c.steps, ", ") {
				if step == "" {
					continue
				}
				before = b.entries(id)
				b.step(id, step)
			}
			require.Equal(t, c.want, b.armed(id, before))
		})
	}
}

// step lets one thing happen to a workitem on twoTimers.
func (b *bed) step(id, step string) {
	b.t.Helper()
	switch step {
	case "fires":
		b.pass(id, 10*time.Minute+time.Second)
		require.Equal(b.t, asyncevent.Processed, b.deliver(b.entries(id)[0].ID))
	case "user loops":
		require.NoError(b.t, b.again(id, 40))
	case "user leaves":
		require.NoError(b.t, b.again(id, 50))
	default:
		require.FailNow(b.t, "no such step", step)
	}
}

func TestStaying(t *testing.T) {
	t.Parallel()
	task := &bpmn.Task{ID: 1100, Boundary: []bpmn.BoundaryEvent{{ElementID: "a"}, {ElementID: "b", Interrupting: true}, {ElementID: ""}}}
	version := func(v string) workitem.Items { return workitem.Items{workitem.ModelVersion: {v}} }
	for name, c := range map[string]struct {
		after workflow.Reached
		event string
		want  *bpmn.BoundaryEvent
	}{
		"on its task":       {workflow.Reached{Items: version("1.0"), Task: task}, "a", &task.Boundary[0]},
		"interrupting":      {workflow.Reached{Items: version("1.0"), Task: task}, "b", nil},
		"of another task":   {workflow.Reached{Items: version("1.0"), Task: task}, "c", nil},
		"another version":   {workflow.Reached{Items: version("1.1"), Task: task}, "a", nil},
		"no task":           {workflow.Reached{Items: version("1.0")}, "a", nil},
		"no boundary event": {workflow.Reached{Items: version("1.0"), Task: task}, "", nil},
	} {
		require.Same(t, c.want, asyncevent.Staying(version("1.0"), c.after, c.event), name)
	}
}

// What stays armed also takes effect.
func TestTheEscalationComesBehindTheReminders(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("two", "timeCycle", "R2/PT10M", false, 1100))
	id := b.create("two", nil)
	for range 2 {
		b.step(id, "fires")
	}
	b.pass(id, time.Hour)
	require.Equal(t, asyncevent.Processed, b.deliver(b.entries(id)[0].ID))
	require.Equal(t, "10 20 20 30", b.path(id))
	require.Empty(t, b.entries(id))
	require.Zero(t, b.count("SELECT count(*) FROM eventlog_discarded"))
}

// An entry of a cycle that is delivered twice has one successor.
func TestACycleDoesNotBranch(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("two", "timeCycle", "R/PT10M", false, 1100))
	id := b.create("two", nil)
	b.pass(id, 10*time.Minute+time.Second)
	first := b.entries(id)[0].ID
	require.Equal(t, asyncevent.Processed, b.deliver(first))
	require.Equal(t, asyncevent.Gone, b.deliver(first))
	require.Equal(t, asyncevent.Gone, b.alone(first))
	require.Len(t, b.entries(id), 2)
}

func TestACycleMissedWhileNothingRanFiresOnceAndGoesOnOnItsGrid(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"R/PT10M":   "subject 4 +, escalate",
		"R10/PT10M": "subject 4 +, escalate",
		"R4/PT10M":  "subject 4 +, escalate",
		"R3/PT10M":  "escalate", // what was missed is used up
	} {
		t.Run(strings.ReplaceAll(value, "/", " "), func(t *testing.T) {
			t.Parallel()
			b := newBed(t, twoTimers("two", "timeCycle", value, false, 1100))
			id := b.create("two", nil)
			before := b.entries(id)
			b.pass(id, 35*time.Minute)
			require.Equal(t, asyncevent.Processed, b.deliver(before[0].ID))
			require.Equal(t, "10 20", b.path(id), "once")
			require.Equal(t, want, b.armed(id, before))
			if strings.HasPrefix(want, "subject") {
				require.InDelta(t, 5*time.Minute, b.due(b.entries(id)[0].ID), float64(10*time.Second), "40 minutes after the start")
			}
		})
	}
}

func TestDatesAndCyclesAreArmedForTheirTime(t *testing.T) {
	t.Parallel()
	db := newBed(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	clock, err := asyncevent.NewClock(t.Context(), db.pool)
	require.NoError(t, err)
	year := clock.Now().Year() + 1
	for name, c := range map[string]struct {
		element, value string
		want           time.Time
	}{
		"date with offset": {"timeDate", fmt.Sprintf("%d-07-01T09:30:00.125Z", year), time.Date(year, 7, 1, 9, 30, 0, 125e6, time.UTC)},
		"local date":       {"timeDate", fmt.Sprintf("%d-07-01T09:30", year), time.Date(year, 7, 1, 9, 30, 0, 0, berlin)},
		"day":              {"timeDate", fmt.Sprintf("%d-07-01", year), time.Date(year, 7, 1, 0, 0, 0, 0, berlin)},
		"cycle":            {"timeCycle", fmt.Sprintf("R/%d-07-01T09:30/P1D", year), time.Date(year, 7, 1, 9, 30, 0, 0, berlin)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, twoTimers("two", c.element, c.value, false, 1100))
			b.Processor = asyncevent.NewProcessor(asyncevent.Config{
				Pool: b.pool, Catalog: catalog.New(b.pool), Clock: clock, Enabled: true, Log: zerolog.Nop(),
				Kernel: &workflow.Kernel{Zone: berlin},
			})
			id := b.create("two", nil)
			var due time.Time
			require.NoError(t, b.pool.QueryRow(t.Context(), "SELECT max(due) FROM eventlog WHERE ref = $1", id).Scan(&due))
			require.True(t, c.want.Equal(due), "%s", due)
		})
	}
}

func TestADateInThePastIsDueAtOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("two", "timeDate", "2020-01-01", false, 1100))
	id := b.create("two", nil)
	require.Equal(t, asyncevent.Processed, b.deliver(b.entries(id)[0].ID))
	require.Equal(t, "escalate", b.armed(id, b.entries(id)))
}

func TestTimersOfItems(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("item", "timeDate", "<itemvalue>due</itemvalue>", false, 1100))
	due := time.Now().Add(30 * time.Minute).UTC().Truncate(time.Millisecond)
	for _, value := range []any{due, due.Format(time.RFC3339Nano)} {
		id := b.create("item", workitem.Items{"due": {value}})
		require.InDelta(t, 30*time.Minute, b.due(b.entries(id)[0].ID), float64(time.Minute))
		require.Equal(t, "subject +, escalate +", b.armed(id, nil))
	}

	for value, want := range map[any]string{
		nil:       `timer item "due" is absent`,
		"":        `timer item "due" is empty`,
		"soon":    `timer value "soon" of item "due" is no date-time`,
		int64(17): `timer value "17" of item "due" is a number`,
	} {
		items := workitem.Items{workitem.ModelVersion: {"item"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)}}
		items.Set("due", value)
		_, err := b.Process(t.Context(), items, "anna")
		require.Equal(t, workflow.InvalidTimer, workflow.ErrorCode(err), "%v", err)
		require.ErrorContains(t, err, `boundary event "subject"`)
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, 2, b.count("SELECT count(*) FROM workitem"), "a refused processing stores nothing")
}

func TestNothingIsAskedOfTimersThatAreNotArmed(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("item", "timeDate", "<itemvalue>due</itemvalue>", false, 1100))
	b.Processor = newProcessor(t, b.pool, false)
	require.Empty(t, b.entries(b.create("item", nil)))
}

// An async event that leads to a task whose timer cannot be armed fails, and can
// be mended.
func TestAWorkerFailsWhereATimerIsMissing(t *testing.T) {
	t.Parallel()
	b := newBed(t, draw("chain").task(1000).task(1100).task(1200).task(1300).event(10).event(20).event(30).
		flow("start", "t1000", "e10", "t1100").boundary("first", 1100, "", true).flow("first", "e20", "t1200").
		timed("second", 1200, "timeDuration", "<itemvalue>wait</itemvalue>", true).flow("second", "e30", "t1300"))
	id := b.create("chain", nil)
	e := b.entries(id)[0]
	require.Equal(t, asyncevent.Failed, b.deliver(e.ID))
	require.Equal(t, asyncevent.Failed, b.alone(e.ID))
	require.Contains(t, b.entries(id)[0].Error, `INVALID_TIMER: arm boundary event "second": timer item "wait" is absent`)
	require.Equal(t, "10", b.path(id))

	b.replace(id, "wait", "60000")
	require.Equal(t, asyncevent.Processed, b.alone(e.ID))
	require.Equal(t, "second +", b.armed(id, nil))
}

// The cycle of an item goes on as it began, although the item changes.
func TestACycleOfAnItemIsKeptWithItsEntry(t *testing.T) {
	t.Parallel()
	b := newBed(t, twoTimers("item", "timeCycle", "<itemvalue>rhythm</itemvalue>", false, 1100))
	id := b.create("item", workitem.Items{"rhythm": {"R3/PT10M"}})
	b.replace(id, "rhythm", "every now and then")
	b.step(id, "fires")
	require.Equal(t, "subject 2 +, escalate", b.armed(id, b.entries(id)[1:]))
	require.InDelta(t, 10*time.Minute, b.due(b.entries(id)[0].ID), float64(10*time.Second))
	require.Equal(t, "R3/PT10M", b.data(b.entries(id)[0].ID).Text("$timercycle"))
	require.Equal(t, workflow.InvalidTimer, workflow.ErrorCode(b.again(id, 40)), "beginning again needs the item")
}

// A model is deployed again while a cycle runs: what is armed fires, and goes on
// as the model now says.
func TestAModelThatIsDeployedAgainWhileACycleRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, want string }{
		"another interval": {"timeCycle R/PT10M", "timeCycle R/PT20M", "subject 2 +, escalate"},
		"a cycle no more":  {"timeCycle R/PT10M", "timeDuration PT10M", "escalate"},
		"a cycle now":      {"timeDuration PT10M", "timeCycle R/PT10M", "escalate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			element, value, _ := strings.Cut(c.before, " ")
			b := newBed(t, twoTimers("two", element, value, false, 1100))
			id := b.create("two", nil)
			before := b.entries(id)
			element, value, _ = strings.Cut(c.after, " ")
			_, err := catalog.New(b.pool).Deploy(t.Context(), "two", twoTimers("two", element, value, false, 1100).source(), catalog.Options{})
			require.NoError(t, err)
			b.step(id, "fires")
			require.Equal(t, c.want, b.armed(id, before))
		})
	}
}
