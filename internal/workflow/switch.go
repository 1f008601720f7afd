package workflow

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workitem"
)

// modelSwitch is the <model> tag of an event: go on in another model.
type modelSwitch struct {
	version, task, event string // may be an <itemvalue>
	err                  error
}

// switchOf returns the switch of an event, nil if it has none. A plugin may have
// given the event another result than the model has.
func (r *run) switchOf(e *bpmn.Event, properties workitem.Items) *modelSwitch {
	own := r.model.events[e]
	for _, name := range []string{"txtactivityresult", "workflow.result"} {
		if text := properties.Text(name); text != own.Text(name) {
			return readSwitch(e, text)
		}
	}
	return r.model.switches[e]
}

// readSwitch returns the switch in the result of an event, nil if there is none.
func readSwitch(e *bpmn.Event, result string) *modelSwitch {
	blocks, err := tag.Find(result, "model")
	if err != nil {
		return &modelSwitch{err: tagFault(e, err)}
	}
	for _, b := range blocks {
		if strings.TrimSpace(b.Content) == "" {
			continue
		}
		s := &modelSwitch{}
		for name, value := range map[string]*string{"version": &s.version, "task": &s.task, "event": &s.event} {
			inner, err := tag.Find(b.Content, name)
			if err != nil {
				return &modelSwitch{err: tagFault(e, err)}
			}
			if len(inner) > 0 {
				*value = strings.TrimSpace(inner[0].Content)
			}
		}
		if s.version == "" || s.event == "" {
			s.err = fault(InvalidModel, "event %d: <model> needs <version> and <event>", e.ID)
		}
		return s
	}
	return nil
}

func tagFault(e *bpmn.Event, err error) error {
	return &Error{Code: InvalidTagFormat, Message: fmt.Sprintf("workflow result of event %d", e.ID), Err: err}
}

// switchModel moves the workitem to the other model and returns the event that
// goes on there.
func (r *run) switchModel(ctx context.Context, s *modelSwitch) (*bpmn.Event, error) {
	if s.err != nil {
		return nil, s.err
	}
	event, err := r.switchID("event", s.event)
	if err != nil {
		return nil, err
	}
	r.items.Set(workitem.ModelVersion, r.itemValue(s.version))
	if err := r.findModel(ctx); err != nil {
		return nil, err
	}
	if s.task != "" {
		id, err := r.switchID("task", s.task)
		if err != nil {
			return nil, err
		}
		task, err := r.model.task(id)
		if err != nil {
			return nil, err
		}
		setTask(r.items, id)
		r.rest(task)
	}
	r.items.Set(workitem.EventID, event)
	// As in Imixs, the line has the task from which it goes on.
	task := r.items.Int(workitem.TaskID)
	r.log(task, event, task)
	return r.model.event(task, event, false)
}

func (r *run) switchID(what, text string) (int, error) {
	id, err := strconv.Atoi(r.itemValue(text))
	if err != nil || id <= 0 {
		return 0, fault(InvalidModel, "<model>: the %s %q is not a positive number", what, r.itemValue(text))
	}
	return id, nil
}

// itemValue returns the text, or the value of the item if all of the text is
// one <itemvalue>.
func (r *run) itemValue(text string) string {
	blocks, err := tag.Find(text, "itemvalue")
	if err != nil || len(blocks) == 0 {
		return text
	}
	return r.items.Text(strings.TrimSpace(blocks[0].Content))
}
