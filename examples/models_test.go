package examples_test

import (
	"bytes"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/bpmn"
)

// task is what the demo, the documentation and other tests count on.
type task struct {
	id     int
	name   string
	events []int // callable, by a user or by the first timer
	timers []timer
}

// timer is a boundary event.
type timer struct {
	target int
	wait   time.Duration
}

func TestModels(t *testing.T) {
	t.Parallel()

	tests := []struct {
		file, version, group string
		tasks                []task
	}{
		{"ticket.bpmn", "ticket-1.0", "Ticket", []task{
			{id: 1000, name: "New", events: []int{10}},
			{id: 1100, name: "Open", events: []int{20, 30, 90}, timers: []timer{{90, 2 * time.Second}}},
			{id: 1200, name: "Answered", events: []int{40}},
			{id: 1300, name: "Escalated", events: []int{20}},
			{id: 1900, name: "Closed"},
		}},
		{"order.bpmn", "order-1.0", "Order", []task{
			{id: 1000, name: "Draft", events: []int{10}},
			{id: 2000, name: "Ordered", events: []int{20}, timers: []timer{{20, 0}}},
			{id: 3000, name: "Payment reserved", events: []int{30}, timers: []timer{{30, 0}}},
			{id: 4000, name: "Packed", events: []int{40}, timers: []timer{{40, 0}}},
			{id: 5000, name: "Insured shipment"},
			{id: 5100, name: "Shipped"},
		}},
		{"reminder.bpmn", "reminder-1.0", "Reminder", []task{
			{id: 1100, name: "Waiting", events: []int{10, 20, 50}, timers: []timer{{20, time.Second}}},
			{id: 1200, name: "Confirmed"},
			{id: 1900, name: "Given up"},
		}},
		{"escalation.bpmn", "escalation-1.0", "Escalation", []task{
			{id: 1000, name: "New", events: []int{10}},
			{id: 1100, name: "Open", events: []int{20, 40}, timers: []timer{{20, 7 * 24 * time.Hour}, {90, 30 * 24 * time.Hour}}},
			{id: 1300, name: "Escalated", events: []int{40}},
			{id: 1900, name: "Closed"},
		}},
	}
	names, err := fs.Glob(examples.FS, "*.bpmn")
	require.NoError(t, err)
	require.Len(t, names, len(tests), "every model has a row here")

	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			source, err := examples.FS.ReadFile(tt.file)
			require.NoError(t, err)
			model, err := bpmn.Parse(tt.file, bytes.NewReader(source))
			require.NoError(t, err)

			require.Empty(t, model.Check(nil))
			require.Equal(t, tt.version, model.Version)
			require.Equal(t, []string{tt.group}, model.Groups())
			require.ElementsMatch(t, tt.tasks, tasksOf(t, model))
		})
	}
}

func tasksOf(t *testing.T, model *bpmn.Model) []task {
	t.Helper()
	var tasks []task
	for _, found := range model.Tasks() {
		got := task{id: found.ID, name: found.Name}
		for _, event := range found.Events {
			got.events = append(got.events, event.ID)
		}
		slices.Sort(got.events)
		for _, boundary := range found.Boundary {
			require.NoError(t, boundary.Timer.Err)
			first, err := boundary.Timer.First(time.Unix(0, 0), func(string) any { return nil })
			require.NoError(t, err)
			got.timers = append(got.timers, timer{boundary.TargetEvent, first.Due.Sub(time.Unix(0, 0))})
		}
		tasks = append(tasks, got)
	}
	return tasks
}
