package plugin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// scope is what the step of a test can reach.
type scope struct {
	task    workitem.Items            // the next one
	asked   int                       // for it
	stored  map[string]workitem.Items // other workitems
	failing error                     // of Workitem and Process
	made    []workitem.Items          // given to Process
	entries []workflow.Entry
	result  workitem.Items // of a rule; nil if it leaves none
	ruled   func(items, event workitem.Items) error
	kept    map[any]any
	zone    *time.Location
}

func (s *scope) NextTask(context.Context) (workitem.Items, error) {
	s.asked++
	return s.task, s.failing
}

func (s *scope) TasksHave(item string) bool {
	return !s.task.Empty(item) && s.task.Text(item) != "false"
}

func (s *scope) Workitem(_ context.Context, id string) (workitem.Items, error) {
	if s.failing != nil || s.stored[id] == nil {
		return nil, s.failing
	}
	return s.stored[id].Clone(), nil
}

// Process notes what it is given, and moves nothing.
func (s *scope) Process(_ context.Context, items workitem.Items) (workitem.Items, error) {
	if s.failing != nil {
		return nil, s.failing
	}
	items = items.Clone()
	s.made = append(s.made, items.Clone())
	if items.Empty(workitem.UniqueID) {
		items.Set(workitem.UniqueID, "new")
	}
	return items, nil
}

func (s *scope) Create(e workflow.Entry) { s.entries = append(s.entries, e) }

func (s *scope) Rule(_ string, items, event workitem.Items) (workitem.Items, bool, error) {
	if s.ruled != nil {
		if err := s.ruled(items, event); err != nil {
			return nil, false, err
		}
	}
	return s.result, s.result != nil, nil
}

func (s *scope) Keep(key any, create func() any) any {
	if s.kept == nil {
		s.kept = map[any]any{}
	}
	if _, ok := s.kept[key]; !ok {
		s.kept[key] = create()
	}
	return s.kept[key]
}

func (s *scope) Text(items workitem.Items) *text.Scope {
	return &text.Scope{Items: items, Zone: s.zone, Workitem: s.Workitem}
}

// of returns items from texts: "name=value", a name again for a further value.
func of(pairs ...string) workitem.Items {
	it := workitem.Items{}
	for i := 0; i+1 < len(pairs); i += 2 {
		it.Append(pairs[i], pairs[i+1])
	}
	return it
}

// values of an item as texts, nil if it is absent.
func values(it workitem.Items, name string) []string {
	if !it.Has(name) {
		return nil
	}
	list := []string{}
	for _, v := range it.Values(name) {
		list = append(list, workitem.FormatValue(v))
	}
	return list
}

func step(s *scope, items, event workitem.Items) *workflow.Step {
	return &workflow.Step{Items: items, Event: event, Editor: "anna", Scope: s}
}

// fails requires an error with a code and a text in its message.
func fails(t *testing.T, err error, code workflow.Code, message string) {
	t.Helper()
	require.ErrorContains(t, err, message)
	require.Equal(t, code, workflow.ErrorCode(err))
}
