package workflow

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"iter"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// defaultScriptLimit is how long a condition may run.
const defaultScriptLimit = time.Second

// Kernel processes events. Only Models must be set. A Kernel is safe for
// concurrent use and must neither be copied nor, after first use, changed; one
// for the whole process keeps its script engine warm.
type Kernel struct {
	Models ModelSource
	// Adapters are the signal adapters by class name. An event with an adapter
	// that is not here fails.
	Adapters map[string]Adapter
	// StubAdapters lets every signal adapter do nothing.
	StubAdapters bool
	// Plugins by class name. What a model names and is not here is left out.
	Plugins map[string]Plugin
	// Always are plugins that run for every event, behind those that the model
	// names. Imixs calls them generic adapters.
	Always []Plugin
	// Locale is that of texts without a locale, such as "de-DE"; "" is en-US.
	Locale string
	// Zone is that of dates in texts; nil means UTC.
	Zone *time.Location
	// Property returns a setting that texts may show; nil means that there is
	// none.
	Property func(key string) (string, bool)
	// EventLogLimit is how many lines of $eventlog are kept, the last ones;
	// 0 keeps all.
	EventLogLimit int

	// Now is the clock, that of scripts too; nil means time.Now.
	Now func() time.Time
	// Random gives scripts their random numbers, at least 0 and less than 1; nil
	// means such as nobody can foretell.
	Random func() float64
	// NewID makes ids of workitems; nil means random UUIDs.
	NewID func() string
	// NewTransactionID makes transaction ids; nil means random ones.
	NewTransactionID func() string

	scripts script.Engine
	sources sync.Once // gives scripts the clock and the numbers
}

// Options are about one processing.
type Options struct {
	// Async says that the event comes from the event log: the targets of all
	// boundary events of the task may be processed. Otherwise only that of the
	// first may, as in Imixs.
	Async bool
	// Editor is who processes: it becomes $editor, and $creator of a new
	// workitem. "" leaves those items as they are.
	Editor string
	// ScriptLimit is how long each condition may run; 0 means one second.
	ScriptLimit time.Duration
	// NoAdapters stops with ErrAdapter in front of an event with an adapter.
	NoAdapters bool
	// Workitems are the other workitems, for plugins that read or process them.
	// nil stops with ErrWorkitems in front of the first that is asked for.
	Workitems Workitems
	// Allow is asked before a plugin processes another workitem, with its items as
	// they are, nil if there is none that Workitems shows. It must not change
	// them. Its error is the caller's to find, whatever the plugin makes of it.
	// nil allows everything.
	Allow func(id string, items workitem.Items) error
}

// Workitems gives a processing the workitems besides its own.
type Workitems interface {
	// Workitem returns the items of a stored workitem, which the processing then
	// owns; nil if there is none.
	Workitem(ctx context.Context, id string) (workitem.Items, error)
}

// Result is what a processing made.
type Result struct {
	Workitem Reached
	// Splits are the workitems that parallel gateways split off.
	Splits []Reached
	// Others are further workitems that plugins processed, and their splits, in
	// the order in which they were first processed; each once, as it is at last.
	// They belong into the same transaction.
	Others []Reached
	// Entries are for the event log, in the same transaction.
	Entries []Entry
	// Adapted says that an adapter has run: repeating the processing repeats its
	// effect.
	Adapted bool
}

// All are the workitems of the result: the one that was asked for, its splits
// and the others.
func (r *Result) All() iter.Seq[Reached] {
	return func(yield func(Reached) bool) {
		if !yield(r.Workitem) {
			return
		}
		for _, more := range [][]Reached{r.Splits, r.Others} {
			for _, reached := range more {
				if !yield(reached) {
					return
				}
			}
		}
	}
}

// AsyncTopic is the topic of boundary events; what is written to it moves
// workitems, so plugins write to others.
const AsyncTopic = "async.event"

// Entry is an event log entry that a plugin writes.
type Entry struct {
	Topic, Ref string
	Data       workitem.Items // nil if it has none
	// Delay counts from the commit's moment, by the clock of whoever stores it.
	Delay time.Duration
}

// Reached is a workitem and where it has come to.
type Reached struct {
	Items workitem.Items
	// Model and Task are those of the workitem's $modelversion and $taskid.
	// Task is nil if the model has no such task.
	Model *Model
	Task  *bpmn.Task
}

// Process processes the event $eventid of a workitem, and all that follow it,
// until a task is reached. The given items are not changed.
//
// The error is an [*Error] for every fault of the workitem, the model or a
// condition; it may wrap ErrTimeLimit or ErrMemoryLimit. Other errors come
// from adapters, or are ErrAdapter and the context's. There is no result then.
func (k *Kernel) Process(ctx context.Context, items workitem.Items, o Options) (Result, error) {
	if items == nil {
		return Result{}, fault(UndefinedWorkitem, "there is no workitem")
	}
	r := &run{kernel: k, options: o, items: items.Clone(), shared: newShared()}
	if err := r.process(ctx); err != nil {
		return Result{}, err
	}
	return Result{
		Workitem: r.reached(), Splits: r.shared.last(r.splits), Others: r.shared.reachedOthers(), Entries: r.shared.entries,
		Adapted: r.shared.adapted,
	}, nil
}

// begin gives the workitem its ids: the one it has, which may be "", as its only
// value, so that nobody takes another one for it.
func (k *Kernel) begin(items workitem.Items, id string, task, event int, o Options) {
	if id == "" {
		id = k.newID()
	}
	items.Set(workitem.UniqueID, id)
	items.Set(workitem.TransactionID, k.newTransactionID())
	items.Set(workitem.LastTask, task)
	setTask(items, task)
	items.Set(workitem.EventID, event)
	if items.Text(workitem.WorkitemID) == "" {
		items.Set(workitem.WorkitemID, k.newID())
	}
	for _, name := range []string{adapterErrorContext, adapterErrorCode, adapterErrorParams, adapterErrorMessage} {
		items.Remove(name)
	}
	if o.Editor != "" {
		setEditor(items, o.Editor)
	}
}

// setEditor writes who processes, under the names of today and of old.
func setEditor(items workitem.Items, editor string) {
	if items.Empty(workitem.Creator) {
		items.Set(workitem.Creator, editor)
		items.Set("namcreator", editor)
	}
	if last := items.Text(workitem.Editor); last != "" && last != editor {
		items.Set(workitem.LastEditor, last)
		items.Set("namlasteditor", last)
	}
	items.Set(workitem.Editor, editor)
	items.Set("namcurrenteditor", editor)
}

func setTask(items workitem.Items, task int) {
	items.Set(workitem.TaskID, task)
	items.Set(workitem.ProcessID, task)
}

// engine runs scripts.
func (k *Kernel) engine() *script.Engine {
	k.sources.Do(func() { k.scripts.Now, k.scripts.Random = k.Now, k.Random })
	return &k.scripts
}

func (k *Kernel) now() time.Time {
	if k.Now != nil {
		return k.Now()
	}
	return time.Now()
}

func (k *Kernel) newID() string {
	if k.NewID != nil {
		return k.NewID()
	}
	return uuid.NewString()
}

func (k *Kernel) newTransactionID() string {
	if k.NewTransactionID != nil {
		return k.NewTransactionID()
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return strconv.FormatUint(binary.BigEndian.Uint64(b[:])>>1, 16)
}
