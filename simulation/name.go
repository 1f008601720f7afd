package simulation

import (
	"context"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// model returns the model of a workitem, nil if there is none.
func (s *Simulation) model(items workitem.Items) *workflow.Model {
	version := items.Text(workitem.ModelVersion)
	if version == "" && len(s.models) == 1 {
		return s.models[0]
	}
	m, err := s.models.Model(context.Background(), version, items.Text(workitem.WorkflowGroup))
	if err != nil {
		return nil
	}
	return m
}

// task returns the task a workitem is on.
func (s *Simulation) task(items workitem.Items) Task {
	id := items.Int(workitem.TaskID)
	return Task{ID: id, Name: s.taskName(items, id)}
}

func (s *Simulation) taskName(items workitem.Items, id int) string {
	if m := s.model(items); m != nil && m.Task(id) != nil {
		return m.Task(id).Name
	}
	return ""
}

// eventName returns the name of an event that can be called where the workitem
// is, or else of any of its number.
func (s *Simulation) eventName(items workitem.Items, id int) string {
	m := s.model(items)
	if m == nil {
		return ""
	}
	if t := m.Task(items.Int(workitem.TaskID)); t != nil && t.Event(id) != nil {
		return t.Event(id).Name
	}
	for _, e := range m.Events() {
		if e.ID == id {
			return e.Name
		}
	}
	return ""
}
