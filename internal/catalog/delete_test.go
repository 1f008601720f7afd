package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// store writes a workitem under a version.
func store(ctx context.Context, t *testing.T, db workitem.DB, id, version string) {
	t.Helper()
	items := workitem.Items{workitem.UniqueID: {id}, workitem.ModelVersion: {version}, workitem.TaskID: {int64(1000)}}
	n, err := workitem.Write(ctx, db, []*workitem.Record{{Items: items}})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c, running := catalog.New(pool), catalog.New(pool)
	for _, version := range []string{"ticket-1.0", "ticket-1.1"} {
		deploy(t, c, source(t, version))
	}
	require.NoError(t, running.RefreshNow(t.Context()))
	store(t.Context(), t, pool, "a", "ticket-1.1")
	before := mark(t, pool)

	var inUse *catalog.InUseError
	require.ErrorAs(t, c.Delete(t.Context(), "ticket-1.1", false), &inUse)
	require.Equal(t, "ticket-1.1", inUse.Version)
	for _, force := range []bool{false, true} {
		require.ErrorIs(t, c.Delete(t.Context(), "ticket-1", force), catalog.ErrNotDeployed, "a version is no pattern")
	}
	require.Equal(t, before, mark(t, pool), "nothing was deleted")

	require.NoError(t, c.Delete(t.Context(), "ticket-1.0", false))
	require.NotEqual(t, before, mark(t, pool))
	require.NoError(t, running.RefreshNow(t.Context()))
	require.Equal(t, "ticket-1.1", selected(t, running, "ticket-1.0", "Ticket"), "another version of the group serves")

	require.NoError(t, c.Delete(t.Context(), "ticket-1.1", true))
	require.ErrorIs(t, c.Delete(t.Context(), "ticket-1.1", true), catalog.ErrNotDeployed)
	require.NoError(t, running.RefreshNow(t.Context()))
	_, err := running.Model(t.Context(), "ticket-1.1", "Ticket")
	require.Equal(t, workflow.UndefinedModelVersion, workflow.ErrorCode(err))
	_, err = c.Source(t.Context(), "ticket-1.1")
	require.ErrorIs(t, err, catalog.ErrNotDeployed)
}

// A version that is deleted and deployed again between two looks at the mark is
// read again, also if other models come and go with it.
func TestDeletingAndDeployingAgainIsNoticed(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c, running := catalog.New(pool), catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	deploy(t, c, source(t, "ticket-1.1"))
	marks := map[catalog.Mark]bool{mark(t, pool): true}
	for step, change := range []func(){
		func() { deploy(t, c, changed(t, "ticket-1.0", "Again:")) },
		func() {
			deploy(t, c, source(t, "ticket-1.2"))
			require.NoError(t, c.Delete(t.Context(), "ticket-1.1", false))
		},
		func() {
			require.NoError(t, c.Delete(t.Context(), "ticket-1.2", false))
			deploy(t, c, source(t, "ticket-1.1"))
		},
	} {
		require.NoError(t, running.RefreshNow(t.Context()))
		require.NoError(t, c.Delete(t.Context(), "ticket-1.0", false))
		deploy(t, c, source(t, "ticket-1.0"))
		again := mark(t, pool)
		require.False(t, marks[again], "step %d: the mark has been there", step)
		marks[again] = true
		old, err := running.Model(t.Context(), "ticket-1.0", "")
		require.NoError(t, err)
		require.NoError(t, running.RefreshNow(t.Context()))
		fresh, err := running.Model(t.Context(), "ticket-1.0", "")
		require.NoError(t, err)
		require.NotSame(t, old, fresh)

		change()
		require.False(t, marks[mark(t, pool)], "step %d: the mark has been there", step)
		marks[mark(t, pool)] = true
	}
}

// lockWaits waits until so many sessions wait for an advisory lock.
func lockWaits(t *testing.T, pool *pgxpool.Pool, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n)
		return err == nil && n == want
	}, 10*time.Second, 5*time.Millisecond)
}

func TestDeleteWaitsForWhoStoresAWorkitem(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	deploy(t, c, source(t, "ticket-1.1"))
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // after the commit there is nothing to roll back
	held, err := catalog.Hold(t.Context(), tx, []string{"ticket-1.0", "ticket-2.0"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"ticket-1.0": true}, held)
	store(t.Context(), t, tx, "a", "ticket-1.0")

	done := make(chan error, 1)
	go func() { done <- c.Delete(t.Context(), "ticket-1.0", false) }()
	lockWaits(t, pool, 1)
	require.NoError(t, c.Delete(t.Context(), "ticket-1.1", false), "another version is not held")
	require.NoError(t, tx.Commit(t.Context()))
	var inUse *catalog.InUseError
	require.ErrorAs(t, <-done, &inUse)
}

func TestWhoStoresAWorkitemWaitsForADeletion(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))

	// A deletion that waits for the row, behind its own lock.
	slow, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer slow.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // after the commit there is nothing to roll back
	_, err = slow.Exec(t.Context(), "SELECT FROM model FOR UPDATE")
	require.NoError(t, err)
	deleted := make(chan error, 1)
	go func() { deleted <- c.Delete(t.Context(), "ticket-1.0", false) }()
	require.Eventually(t, func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM model%' AND pid <> pg_backend_pid()`).Scan(&n)
		return err == nil && n == 1
	}, 10*time.Second, 5*time.Millisecond)

	held := make(chan map[string]bool, 1)
	go func() {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing was written
		got, err := catalog.Hold(t.Context(), tx, []string{"ticket-1.0"})
		if err != nil {
			t.Error(err)
		}
		held <- got
	}()
	lockWaits(t, pool, 1)
	require.NoError(t, slow.Commit(t.Context()))
	require.NoError(t, <-deleted)
	require.Empty(t, <-held, "it sees what it waited for")
}

func TestListInPages(t *testing.T) {
	t.Parallel()
	c := catalog.New(postgrestest.New(t).Pool)
	versions := []string{"ticket-1.0", "ticket-1.1", "ticket-1.2"}
	for _, version := range versions {
		deploy(t, c, source(t, version))
	}
	for _, page := range []struct{ limit, offset, from, to int }{
		{0, 0, 0, 3}, {2, 0, 0, 2}, {2, 2, 2, 3}, {2, 4, 3, 3}, {0, 1, 1, 3}, {1000, 0, 0, 3},
	} {
		list, err := c.List(t.Context(), page.limit, page.offset)
		require.NoError(t, err)
		got := []string{}
		for _, d := range list {
			got = append(got, d.Version)
		}
		require.Equal(t, versions[page.from:page.to], got, "limit %d, offset %d", page.limit, page.offset)
	}
}

// A model that is deleted between two statements of a refresh is no error of
// those who process something else.
func TestDeletingDoesNotDisturbOthers(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	group, ctx := errgroup.WithContext(t.Context())
	stop := make(chan struct{})
	for range 3 {
		running := catalog.New(pool)
		group.Go(func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				if err := use(ctx, running); err != nil {
					return err
				}
			}
		})
	}
	for range 100 {
		deploy(t, c, source(t, "ticket-1.1"))
		require.NoError(t, c.Delete(t.Context(), "ticket-1.1", false))
	}
	close(stop)
	require.NoError(t, group.Wait())
}
