package simulation

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Simulation is a small world of workitems with a clock of its own. It is not
// safe for concurrent use.
type Simulation struct {
	kernel    *workflow.Kernel
	models    workflow.Models
	editor    string
	limit     int
	now       time.Time
	ids       ids
	workitems map[string]*state
	order     []string // of their creation
	pending   []pending
	steps     Timeline
}

// state is a workitem as it is stored.
type state struct {
	items workitem.Items
	// armedBy is the $transactionid of the processing whose entries are current.
	armedBy string
}

// New reads the models and starts the clock. The error says which file cannot be
// read, or is no model.
func New(o Options) (*Simulation, error) {
	if len(o.Models) == 0 {
		return nil, errors.New("a simulation needs a model")
	}
	models, err := readModels(o.Files, o.Models)
	if err != nil {
		return nil, err
	}
	s := &Simulation{
		models: models, editor: o.Editor, limit: o.limit(), now: o.start(), workitems: map[string]*state{},
	}
	s.kernel = newKernel(s, o)
	return s, nil
}

func newKernel(s *Simulation, o Options) *workflow.Kernel {
	k := &workflow.Kernel{
		Models: s.models, Adapters: adapters(o.Adapters), StubAdapters: o.StubAdapters,
		Locale: o.Locale, Zone: s.now.Location(), Property: o.Property,
		Now: s.Now, NewID: s.ids.workitem, NewTransactionID: s.ids.transaction,
	}
	if !o.NoPlugins {
		addPlugins(k)
	}
	return k
}

// Now is what the clock shows.
func (s *Simulation) Now() time.Time { return s.now }

// Process processes the event $eventid on the workitem $uniqueid, which is
// created if there is none: then it also needs its $taskid, and its
// $modelversion or $workflowgroup unless there is only one model. Without a
// $uniqueid it gets a new one: workitem-1, workitem-2, ... What is given wins over
// what is stored, item by item, except for what the kernel writes.
//
// Values may be texts, integers, floats, booleans, [time.Time], bytes, and lists
// and maps of them. The given items are not changed. The error is an [*Error], or
// that of an adapter, or says which value is none; nothing has happened then,
// but that the timeline has the failure.
func (s *Simulation) Process(items map[string][]any) (Workitem, error) {
	given, err := itemsOf(items)
	if err != nil {
		return Workitem{}, err
	}
	step := s.userStep(given)
	before := s.ids
	result, err := s.processGiven(given)
	if err == nil {
		step.Workitem = result.Workitem.Items.Text(workitem.UniqueID)
		err = s.commit(step, result)
	}
	if err != nil {
		s.ids = before
		err = errorOf(err)
		s.fail(step, err)
		return Workitem{}, err
	}
	return s.Workitem(step.Workitem), nil
}

func (s *Simulation) processGiven(given workitem.Items) (processed, error) {
	id := given.Text(workitem.UniqueID)
	stored := s.workitems[id]
	var old workitem.Items
	if stored != nil {
		old = stored.items.Clone()
	} else {
		s.complete(given)
	}
	items, err := workflow.Open(given, old)
	if err != nil {
		return processed{}, err
	}
	return s.process(stored, items, workflow.Options{Editor: s.editor, Workitems: s.others()})
}

// complete gives a new workitem what it may go without.
func (s *Simulation) complete(items workitem.Items) {
	if items.Empty(workitem.UniqueID) {
		items.Set(workitem.UniqueID, s.ids.workitem())
	}
	if items.Empty(workitem.WorkitemID) {
		items.Set(workitem.WorkitemID, items.Text(workitem.UniqueID))
	}
	if items.Empty(workitem.ModelVersion) && items.Empty(workitem.WorkflowGroup) && len(s.models) == 1 {
		items.Set(workitem.ModelVersion, s.models[0].Version)
	}
}

// Workitem returns a workitem as it is now; its ID is "" if there is none.
func (s *Simulation) Workitem(id string) Workitem {
	stored := s.workitems[id]
	if stored == nil {
		return Workitem{}
	}
	return Workitem{
		ID: id, Task: s.task(stored.items), Model: stored.items.Text(workitem.ModelVersion), Items: stored.items.Clone(),
	}
}

// Workitems returns all workitems in the order of their creation.
func (s *Simulation) Workitems() []Workitem {
	list := make([]Workitem, len(s.order))
	for i, id := range s.order {
		list[i] = s.Workitem(id)
	}
	return list
}

// Pending returns the async events that are armed, in the order in which they
// will be processed.
func (s *Simulation) Pending() []Armed {
	list := make([]Armed, len(s.pending))
	for i := range s.pending {
		list[i] = s.pending[i].Armed
	}
	return list
}

// Timeline returns what has happened so far, in order.
func (s *Simulation) Timeline() Timeline { return slices.Clone(s.steps) }

// itemsOf brings items into the form in which they are kept.
func itemsOf(given map[string][]any) (workitem.Items, error) {
	items := make(workitem.Items, len(given))
	for name, values := range given {
		kept := make([]any, 0, len(values))
		for _, v := range values {
			n, err := workitem.Normalize(v)
			if err != nil {
				return nil, errors.New("item " + name + ": " + err.Error())
			}
			if n != nil {
				kept = append(kept, n)
			}
		}
		items[strings.ToLower(strings.TrimSpace(name))] = kept
	}
	return items, nil
}
