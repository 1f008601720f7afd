package asyncevent_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// deleting has a plugin that deletes a model while it runs, once.
func deleting(t *testing.T, force bool) (*bed, *string) {
	t.Helper()
	version := new(string)
	var b *bed
	b = newEachBed(t, func(ctx context.Context, _ *workflow.Step) error {
		if *version == "" {
			return nil
		}
		gone := *version
		*version = ""
		return catalog.New(b.pool).Delete(ctx, gone, force)
	}, nil)
	return b, version
}

// Nothing is stored under a model that was deleted behind the processing's back.
func TestNothingIsCreatedUnderADeletedModel(t *testing.T) {
	t.Parallel()
	b, version := deleting(t, false)
	*version = "touch-1.0"
	_, err := b.Process(t.Context(), fresh(nil), "anna")
	require.ErrorIs(t, err, asyncevent.ErrConflict)
	b.consistent(0)
	_, err = b.Process(t.Context(), fresh(nil), "anna")
	require.Equal(t, workflow.UndefinedModelVersion, workflow.ErrorCode(err), "trying again tells")
}

func TestAModelWithWorkitemsIsNotDeleted(t *testing.T) {
	t.Parallel()
	b, version := deleting(t, false)
	id := b.create("touch-1.0", nil)
	*version = "touch-1.0"
	err := b.again(id, 20)
	var inUse *catalog.InUseError
	require.ErrorAs(t, err, &inUse)
	require.NoError(t, b.again(id, 20))
}

// A workitem that moves to another model holds that one, and an entry whose
// effect is given up stays.
func TestNothingMovesToADeletedModel(t *testing.T) {
	t.Parallel()
	var b *bed
	deleted := false
	b = newEachBed(t, on(30, func(ctx context.Context, s *workflow.Step) error {
		s.Items.Set(workitem.ModelVersion, "touch-1.1")
		if deleted {
			return nil
		}
		deleted = true
		return catalog.New(b.pool).Delete(ctx, "touch-1.1", false)
	}), nil)
	second := draw("touch-1.1").task(1000).task(2000).event(10).
		flow("t1000", "e10", "t2000")
	deploy := func() {
		_, err := catalog.New(b.pool).Deploy(t.Context(), "second", second.source(), catalog.Standard())
		require.NoError(t, err)
	}
	deploy()
	id := b.create("touch-1.0", nil)
	entry := b.entries(id)[0]
	verdicts, err := b.Batch(t.Context(), []asyncevent.Delivery{{ID: entry.ID}})
	require.NoError(t, err)
	require.Equal(t, asyncevent.Busy, verdicts[0].Outcome)
	require.Equal(t, "10", b.path(id))
	require.Equal(t, entry.ID, b.entries(id)[0].ID)
	deploy()
	require.Equal(t, asyncevent.Processed, b.deliver(entry.ID))
	require.Equal(t, "touch-1.1", b.load(id).Items.Text(workitem.ModelVersion))
}

// With force, workitems go on if a model of the version is deployed again.
func TestAModelDeletedByForceIsMissed(t *testing.T) {
	t.Parallel()
	b, version := deleting(t, true)
	id := b.create("touch-1.0", nil)
	*version = "touch-1.0"
	require.NoError(t, b.again(id, 20), "what has begun ends")
	require.Equal(t, workflow.UndefinedModelVersion, workflow.ErrorCode(b.again(id, 20)))
	entry := b.entries(id)[0]
	require.Equal(t, asyncevent.Failed, b.alone(entry.ID))
	require.Contains(t, b.entries(id)[0].Error, "UNDEFINED_MODEL_VERSION")

	_, err := catalog.New(b.pool).Deploy(t.Context(), "again", touching().source(), catalog.Standard())
	require.NoError(t, err)
	require.Equal(t, asyncevent.Processed, b.alone(entry.ID))
	require.Equal(t, "10 20 30", b.path(id))
}
