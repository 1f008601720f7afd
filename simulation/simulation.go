package simulation

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Simulation is a small world of workitems with a clock of its own. It is not
// safe for concurrent use.
type Simulation struct {
	kernel     *workflow.Kernel
	models     workflow.Models
	editor     string
	limit      int
	now        time.Time
	ids        ids
	workitems  map[string]*state
	order      []string // of their creation
	processing string   // the id of the workitem in the kernel's hands, "" if there is none
	pending    []pending
	steps      Timeline
}

// state is a workitem as it is stored.
type state struct {
	items workitem.Items
	// armedBy is the $transactionid of the processing whose entries are current.
	armedBy string
}

// New reads the models and starts the clock. The error says which file cannot be
// read, or is no model, or that no clock starts then.
func New(o Options) (*Simulation, error) {
	if len(o.Models) == 0 {
		return nil, errors.New("a simulation needs a model")
	}
	start := o.start()
	if err := checkYear(start); err != nil {
		return nil, err
	}
	models, err := dryrun.ReadModels(o.Files, o.Models)
	if err != nil {
		return nil, errorOf(err)
	}
	s := &Simulation{models: models, editor: o.Editor, limit: o.limit(), now: start, workitems: map[string]*state{}}
	s.kernel = newKernel(s, o)
	return s, nil
}

func newKernel(s *Simulation, o Options) *workflow.Kernel {
	k := &workflow.Kernel{
		Models: s.models, Adapters: adapters(o.Adapters), StubAdapters: o.StubAdapters,
		Locale: o.Locale, Zone: s.now.Location(), Property: o.Property, EventLogLimit: o.eventLogLimit(),
		Now: s.Now, Random: newRandom(), NewID: s.newID, NewTransactionID: s.ids.transaction,
	}
	if !o.NoPlugins {
		addPlugins(k)
	}
	return k
}

// newRandom returns a source of numbers that are the same in every run.
func newRandom() func() float64 {
	return rand.New(rand.NewPCG(1, 1)).Float64 //nolint:gosec // anybody may foretell them
}

// newID makes the id of a new workitem. Users name theirs as they like: a name
// of this form may be taken.
func (s *Simulation) newID() string {
	return s.ids.workitem(func(id string) bool { return id == s.processing || s.workitems[id] != nil })
}

// Now is what the clock shows.
func (s *Simulation) Now() time.Time { return s.now }

// Process processes the event $eventid on the workitem $uniqueid, which is
// created if there is none: then it also needs its $taskid, and its
// $modelversion or $workflowgroup unless there is only one model. Without a
// $uniqueid it gets a new one: workitem-1, workitem-2, ..., without those that
// others have. What is given wins over what is stored, item by item, except for
// what the kernel writes.
//
// Values may be texts, integers, floats, booleans, [time.Time], bytes, and lists
// and maps of them. The case of names does not matter, so no two may differ in
// it alone. The given items are not changed.
//
// The error is an [*Error], or that of an adapter: nothing has happened then, but
// that the timeline has the failure. Of items that are none it says which, and
// the timeline has nothing.
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
	stored := s.workitems[given.Text(workitem.UniqueID)]
	var old workitem.Items
	if stored != nil {
		old = stored.items.Clone()
	} else if given.Empty(workitem.ModelVersion) && given.Empty(workitem.WorkflowGroup) && len(s.models) == 1 {
		given.Set(workitem.ModelVersion, s.models[0].Version)
	}
	// Before it has an id: who gives one means a workitem that is stored.
	items, err := workflow.Open(given, old)
	if err != nil {
		return processed{}, err
	}
	if stored == nil {
		s.identify(items)
	}
	return s.process(stored, items, workflow.Options{Editor: s.editor, Workitems: s.others()})
}

// identify gives a new workitem its ids.
func (s *Simulation) identify(items workitem.Items) {
	if items.Empty(workitem.UniqueID) {
		items.Set(workitem.UniqueID, s.newID())
	}
	if items.Empty(workitem.WorkitemID) {
		items.Set(workitem.WorkitemID, items.Text(workitem.UniqueID))
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

// Timeline returns what has happened so far, in order: a copy.
func (s *Simulation) Timeline() Timeline {
	list := make(Timeline, len(s.steps))
	for i := range s.steps {
		list[i] = s.steps[i].clone()
	}
	return list
}
