package asyncevent_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// each is a plugin or an adapter from a function.
type each func(ctx context.Context, s *workflow.Step) error

// Run implements [workflow.Plugin].
func (e each) Run(ctx context.Context, s *workflow.Step) error { return e(ctx, s) }

// Execute implements [workflow.Adapter].
func (e each) Execute(ctx context.Context, s *workflow.Step) error { return e(ctx, s) }

// on lets a function run for one event.
func on(event int, run each) each {
	return func(ctx context.Context, s *workflow.Step) error {
		if s.Element.ID != event {
			return nil
		}
		return run(ctx, s)
	}
}

// refusal is what a caller may not.
type refusal struct{ id string }

func (r *refusal) Error() string { return "not yours: " + r.id }

// anna may process what has her as its owner, create what the test says, and read
// what is not secret. The workitems she was asked about are in asked.
type anna struct {
	create bool
	asked  []string
}

func (a *anna) by() asyncevent.By {
	return asyncevent.By{
		Editor: "anna",
		Allow: func(stored workitem.Items) error {
			id := stored.Text(workitem.UniqueID)
			a.asked = append(a.asked, id)
			if owned := stored.Text("owner") == "anna"; owned || (stored == nil && a.create) {
				return nil
			}
			return &refusal{id}
		},
		MayRead: func(stored workitem.Items) bool { return !stored.Bool("secret") },
	}
}

func event(id string, event int) workitem.Items {
	return workitem.Items{workitem.UniqueID: {id}, workitem.EventID: {int64(event)}}
}

// refuses requires that a processing by anna is refused for a workitem, and that
// none of the others has changed.
func (b *bed) refuses(a *anna, given workitem.Items, id string, others ...string) {
	b.t.Helper()
	before := map[string]workitem.Record{}
	for _, other := range others {
		before[other] = b.load(other)
	}
	stored, entries := b.count("SELECT count(*) FROM workitem"), b.count("SELECT count(*) FROM eventlog")
	_, err := b.ProcessBy(b.t.Context(), given, a.by())
	var refused *refusal
	require.ErrorAs(b.t, err, &refused)
	require.Equal(b.t, id, refused.id)
	require.Empty(b.t, workflow.ErrorCode(err), "it is no fault of a plugin")
	for other, record := range before {
		require.Equal(b.t, record, b.load(other))
	}
	require.Equal(b.t, stored, b.count("SELECT count(*) FROM workitem"))
	require.Equal(b.t, entries, b.count("SELECT count(*) FROM eventlog"))
	require.Zero(b.t, b.count("SELECT count(*) FROM eventlog_discarded"))
}

func TestWhoProcessesMustBeAllowedToProcessTheOthers(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	annas := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	berts := b.create("touch-1.0", workitem.Items{"owner": {"bert"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})

	b.refuses(&anna{}, event(berts, 20), berts, berts)
	given := event(first, 10)
	given.Set("touch", annas, berts)
	a := &anna{}
	b.refuses(a, given, berts, annas, berts, first)
	require.Equal(t, []string{first, annas, berts}, a.asked)

	given.Set("touch", annas)
	given.Set("create", true)
	a = &anna{}
	b.refuses(a, given, "", annas, first)
	require.Equal(t, []string{first, annas, ""}, a.asked)

	a = &anna{create: true}
	_, err := b.ProcessBy(t.Context(), given, a.by())
	require.NoError(t, err)
	require.Equal(t, []string{first, annas, ""}, a.asked)
	require.Equal(t, "10 20", b.path(annas))
	require.Equal(t, "anna", b.load(annas).Items.Text(workitem.Editor))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM workitem WHERE items->'origin'->>0 = $1`, first))

	// Whoever has no caller may everything.
	given.Set("touch", berts)
	_, err = b.Process(t.Context(), given, "anna")
	require.NoError(t, err)
	require.Equal(t, "10 20", b.path(berts))
}

// newEachBed has the models touch-1.0, and touch-3.0 whose event 20 has an adapter.
func newEachBed(t *testing.T, plugin, adapter each) *bed {
	t.Helper()
	withAdapter := draw("touch-3.0").task(1000).event(10).
		add(`<bpmn2:intermediateCatchEvent id="e20" imixs:activityid="20"><bpmn2:signalEventDefinition signalRef="s"/></bpmn2:intermediateCatchEvent>`).
		flow("t1000", "e10", "t1000").flow("t1000", "e20", "t1000")
	withAdapter.signal, withAdapter.plugins = "org.imixs.test.Slow", []string{"org.imixs.test.Touch"}
	b := newBed(t, touching(), withAdapter)
	b.Processor = extendedProcessor(t, b.pool, plugin, adapter)
	return b
}

// process lets a plugin process 20 on the workitems that the item "touch" names.
func process(ctx context.Context, s *workflow.Step) error {
	for _, id := range s.Items.Values("touch") {
		if _, err := s.Process(ctx, event(workitem.FormatValue(id), 20)); err != nil {
			return err
		}
	}
	return nil
}

func TestAnAdapterDoesNotRunForWhoMayNotProcess(t *testing.T) {
	t.Parallel()
	calls := 0
	b := newEachBed(t, on(10, process), func(context.Context, *workflow.Step) error { calls++; return nil })
	berts := b.create("touch-3.0", workitem.Items{"owner": {"bert"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	given := event(first, 10)
	given.Set("touch", berts)
	b.refuses(&anna{}, given, berts, berts, first)
	require.Zero(t, calls)
	_, err := b.Process(t.Context(), given, "anna")
	require.NoError(t, err)
	require.Equal(t, 1, calls)
}

func TestAnAdapterMayNotMoreThanItsCaller(t *testing.T) {
	t.Parallel()
	b := newEachBed(t, func(context.Context, *workflow.Step) error { return nil }, process)
	berts := b.create("touch-1.0", workitem.Items{"owner": {"bert"}})
	first := b.create("touch-3.0", workitem.Items{"owner": {"anna"}})
	given := event(first, 20)
	given.Set("touch", berts)
	b.refuses(&anna{}, given, berts, berts, first)
}

// What stands two steps away is bound as well, whatever context a plugin passes on and whatever it makes of the refusal.
func TestNobodyGetsAroundTheRights(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]each{
		"another context": func(_ context.Context, s *workflow.Step) error {
			return process(context.Background(), s) //nolint:contextcheck // that is the point
		},
		"goes on": func(ctx context.Context, s *workflow.Step) error {
			_ = process(ctx, s)
			return nil
		},
		"tells something else": func(ctx context.Context, s *workflow.Step) error {
			if err := process(ctx, s); err != nil {
				return fmt.Errorf("it went wrong: %v", err) //nolint:errorlint // that is the point
			}
			return nil
		},
		"a fault of its own": func(ctx context.Context, s *workflow.Step) error {
			if err := process(ctx, s); err != nil {
				return &workflow.Error{Code: workflow.ValidationError, Message: "invalid"}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newEachBed(t, run, run)
			last := b.create("touch-3.0", workitem.Items{"owner": {"bert"}})
			middle := b.create("touch-3.0", workitem.Items{"owner": {"anna"}})
			b.touches(middle, last)
			first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
			b.touches(first, middle)
			b.refuses(&anna{}, event(first, 10), last, first, middle, last)
		})
	}
}

// Rights are asked for what the same processing has made of a workitem.
func TestRightsAreThoseThatTheProcessingHasLeft(t *testing.T) {
	t.Parallel()
	b := newEachBed(t, on(10, func(ctx context.Context, s *workflow.Step) error {
		for _, owner := range s.Items.Values("owners") {
			given := event(s.Items.Text("touch"), 20)
			given.Set("owner", owner)
			if _, err := s.Process(ctx, given); err != nil {
				return err
			}
		}
		return nil
	}), nil)
	second := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}, "touch": {second}})
	given := event(first, 10)
	given.Set("owners", "anna", "bert")
	_, err := b.ProcessBy(t.Context(), given, (&anna{}).by())
	require.NoError(t, err)
	require.Equal(t, "10 20 20", b.path(second))
	require.Equal(t, "bert", b.load(second).Items.Text("owner"))

	third := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	given.Set("touch", third)
	given.Set("owners", "bert", "anna")
	_, err = b.ProcessBy(t.Context(), given, (&anna{}).by())
	var refused *refusal
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "10", b.path(third))
}

// What was allowed on one version does not hold for the next.
func TestAWorkitemThatChangesBehindTheQuestionIsAConflict(t *testing.T) {
	t.Parallel()
	var meanwhile func()
	b := newEachBed(t, on(10, func(ctx context.Context, s *workflow.Step) error {
		if !s.Items.Has("touch") {
			return nil
		}
		err := process(ctx, s)
		meanwhile()
		return err
	}), nil)
	second := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	given := event(first, 10)
	given.Set("touch", second)
	meanwhile = func() {
		taken := event(second, 20)
		taken.Set("owner", "bert")
		_, err := b.Process(t.Context(), taken, "bert")
		require.NoError(t, err)
	}
	_, err := b.ProcessBy(t.Context(), given, (&anna{}).by())
	require.ErrorIs(t, err, asyncevent.ErrConflict)
	require.Equal(t, "10", b.path(first))
	require.Equal(t, "10 20", b.path(second), "that of bert")

	meanwhile = func() {}
	_, err = b.ProcessBy(t.Context(), given, (&anna{}).by())
	var refused *refusal
	require.ErrorAs(t, err, &refused)
	require.Equal(t, second, refused.id)
}

// subjectOfLook stays as it is where there is no workitem.
const subjectOfLook = `<itemvalue ref="look">subject</itemvalue>`

// look is a plugin that notes what it reads of the workitem that "look" names.
func look(ctx context.Context, s *workflow.Step) error {
	id := s.Items.Text("look")
	other, err := s.Workitem(ctx, id)
	if err != nil {
		return err
	}
	s.Items.Set("found", other != nil)
	shown, err := text.Adapt(ctx, subjectOfLook, s.Text(s.Items))
	if err != nil {
		return err
	}
	s.Items.Set("shown", shown)
	return nil
}

func TestWhatTheCallerMayNotReadIsNotThere(t *testing.T) {
	t.Parallel()
	b := newEachBed(t, func(ctx context.Context, s *workflow.Step) error {
		if !s.Items.Has("look") {
			return nil
		}
		return look(ctx, s)
	}, nil)
	secret := b.create("touch-1.0", workitem.Items{"secret": {true}, "subject": {"merger"}, "owner": {"anna"}})
	open := b.create("touch-1.0", workitem.Items{"subject": {"lunch"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	for _, c := range []struct {
		name, id string
		by       asyncevent.By
		found    bool
		shown    string
	}{
		{"may read", open, (&anna{}).by(), true, "lunch"},
		{"its own", first, (&anna{}).by(), true, ""},
		{"without a caller", secret, asyncevent.By{}, true, "merger"},
		{"may not", secret, (&anna{}).by(), false, subjectOfLook},
	} {
		given := event(first, 10)
		given.Set("look", c.id)
		got, err := b.ProcessBy(t.Context(), given, c.by)
		require.NoError(t, err, c.name)
		require.Equal(t, c.found, got.Bool("found"), c.name)
		require.Equal(t, c.shown, got.Text("shown"), c.name)
	}
	require.Equal(t, asyncevent.Processed, b.alone(b.entries(first)[0].ID))
	require.Equal(t, "merger", b.load(first).Items.Text("shown"), "a worker may read all")
}

// A workitem that is hidden from the caller is not made again under its id.
func TestAHiddenWorkitemIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	b := newEachBed(t, on(10, func(ctx context.Context, s *workflow.Step) error {
		id := s.Items.Text("look")
		if id == "" {
			return nil
		}
		sub := event(id, 20)
		sub.Set(workitem.ModelVersion, "touch-1.0")
		sub.Set(workitem.TaskID, 1000)
		if _, err := s.Process(ctx, sub); err != nil {
			return err
		}
		return look(ctx, s)
	}), nil)
	berts := b.create("touch-1.0", workitem.Items{"secret": {true}, "subject": {"merger"}, "owner": {"bert"}})
	annas := b.create("touch-1.0", workitem.Items{"secret": {true}, "subject": {"party"}, "owner": {"anna"}})
	first := b.create("touch-1.0", workitem.Items{"owner": {"anna"}})
	given := event(first, 10)
	given.Set("look", berts)
	b.refuses(&anna{create: true}, given, berts, berts, first)

	given.Set("look", annas)
	got, err := b.ProcessBy(t.Context(), given, (&anna{}).by())
	require.NoError(t, err)
	require.Equal(t, "10 20", b.path(annas), "it goes on, and is not new")
	require.Equal(t, "party", got.Text("shown"), "what she may process she reads")
}

func TestAnErrorOfTheQuestionIsTheCallers(t *testing.T) {
	t.Parallel()
	b := newTouchBed(t)
	away := errors.New("the directory is away")
	_, err := b.ProcessBy(t.Context(), event("new", 10), asyncevent.By{Allow: func(workitem.Items) error { return away }})
	require.ErrorIs(t, err, away)
}
