package demo

import (
	"bytes"
	"fmt"
	"io/fs"
	"time"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/bpmn"
)

// semantics is what the models say: which async events a task arms, and what
// events are called.
type semantics struct {
	arms  map[taskKey][]arm
	names map[eventKey]string
}

type taskKey struct {
	model string
	task  int
}

type eventKey struct {
	model string
	event int
}

// arm is an async event that a task arms.
type arm struct {
	event int
	delay time.Duration
}

// fires says whether an event on a task is an async one.
func (s semantics) fires(model string, task, event int) bool {
	for _, a := range s.arms[taskKey{model, task}] {
		if a.event == event {
			return true
		}
	}
	return false
}

// exampleSemantics reads the example models.
func exampleSemantics() (semantics, error) {
	s := semantics{arms: map[taskKey][]arm{}, names: map[eventKey]string{}}
	files, err := fs.Glob(examples.FS, "*.bpmn")
	if err != nil {
		return s, fmt.Errorf("list example models: %w", err)
	}
	for _, file := range files {
		source, err := examples.FS.ReadFile(file)
		if err != nil {
			return s, fmt.Errorf("read example model: %w", err)
		}
		model, err := bpmn.Parse(file, bytes.NewReader(source))
		if err != nil {
			return s, err
		}
		if err := s.add(model); err != nil {
			return s, fmt.Errorf("%s: %w", model.File, err)
		}
	}
	return s, nil
}

func (s semantics) add(model *bpmn.Model) error {
	for _, event := range model.Events() {
		s.names[eventKey{model.Version, event.ID}] = event.Name
	}
	// Which moment the timers count from does not matter: the examples' have
	// no months or years.
	from := time.Unix(0, 0)
	for _, task := range model.Tasks() {
		key := taskKey{model.Version, task.ID}
		for i := range task.Boundary {
			b := &task.Boundary[i]
			if b.TargetEvent <= 0 {
				continue
			}
			o, err := b.Timer.First(from, func(string) any { return nil })
			if err != nil {
				return err
			}
			s.arms[key] = append(s.arms[key], arm{b.TargetEvent, o.Due.Sub(from)})
		}
	}
	return nil
}
