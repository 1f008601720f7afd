package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workflow"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func source(t *testing.T, version string) []byte {
	t.Helper()
	text, err := examples.FS.ReadFile("ticket.bpmn")
	require.NoError(t, err)
	return []byte(strings.Replace(string(text), "ticket-1.0", version, 1))
}

// changed is another source of the same version.
func changed(t *testing.T, version, title string) []byte {
	t.Helper()
	return []byte(strings.Replace(string(source(t, version)), "New ticket:", title, 1))
}

func deploy(t *testing.T, c *catalog.Catalog, source []byte) catalog.Deployment {
	t.Helper()
	d, err := c.Deploy(t.Context(), "test.bpmn", source, catalog.Standard())
	require.NoError(t, err)
	return d
}

func selected(t *testing.T, c *catalog.Catalog, version, group string) string {
	t.Helper()
	model, err := c.Model(t.Context(), version, group)
	require.NoError(t, err)
	return model.Version
}

func mark(t *testing.T, pool *pgxpool.Pool) (m catalog.Mark) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), catalog.MarkSQL).Scan(&m.Count, &m.Revision))
	return m
}

func TestDeploy(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	first := deploy(t, c, source(t, "ticket-1.0"))
	require.Equal(t, "ticket-1.0", first.Version)
	require.True(t, first.Changed)
	require.NotZero(t, first.Deployed)

	same := deploy(t, c, source(t, "ticket-1.0"))
	require.False(t, same.Changed)
	require.Equal(t, first.Revision, same.Revision)
	require.Equal(t, first.Deployed, same.Deployed)

	again := deploy(t, c, changed(t, "ticket-1.0", "Another:"))
	require.True(t, again.Changed)
	require.Greater(t, again.Revision, first.Revision)

	other := deploy(t, c, source(t, "ticket-1.1"))
	require.Greater(t, other.Revision, again.Revision)
	list, err := c.List(t.Context(), 0, 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "ticket-1.0", list[0].Version)
	require.Equal(t, again.Revision, list[0].Revision)
	require.Equal(t, "ticket-1.1", list[1].Version)
}

func TestARefusedModelStoresNothing(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	before := mark(t, pool)
	twice := strings.Replace(string(source(t, "ticket-1.0")), `imixs:processid="1100"`, `imixs:processid="1000"`, 1)
	_, err := c.Deploy(t.Context(), "faulty.bpmn", []byte(twice), catalog.Standard())
	var refused *catalog.RefusedError
	require.ErrorAs(t, err, &refused)
	require.NotEmpty(t, refused.Problems)
	require.ErrorContains(t, err, refused.Problems[0].String())

	_, err = c.Deploy(t.Context(), "cut.bpmn", source(t, "ticket-1.0")[:500], catalog.Standard())
	require.ErrorAs(t, err, &refused)
	require.Equal(t, bpmn.XMLMalformed, refused.Problems[0].Code)
	require.ErrorContains(t, err, "cut.bpmn")
	require.Equal(t, before, mark(t, pool))
}

func TestARunningCatalogNoticesDeployments(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	deployer, running := catalog.New(pool), catalog.New(pool)
	require.NoError(t, running.RefreshNow(t.Context()))
	_, err := running.Model(t.Context(), "ticket-1.0", "")
	require.Error(t, err)

	deploy(t, deployer, source(t, "ticket-1.0"))
	deploy(t, deployer, source(t, "ticket-1.1"))
	require.NoError(t, running.Refresh(t.Context(), mark(t, pool)))
	first, err := running.Model(t.Context(), "ticket-1.0", "")
	require.NoError(t, err)
	kept, err := running.Model(t.Context(), "ticket-1.1", "")
	require.NoError(t, err)

	require.NoError(t, running.Refresh(t.Context(), mark(t, pool)))
	same, err := running.Model(t.Context(), "ticket-1.0", "")
	require.NoError(t, err)
	require.Same(t, first, same, "nothing is read twice")

	deploy(t, deployer, changed(t, "ticket-1.0", "Another:"))
	require.NoError(t, running.Refresh(t.Context(), mark(t, pool)))
	again, err := running.Model(t.Context(), "ticket-1.0", "")
	require.NoError(t, err)
	require.NotSame(t, first, again)
	still, err := running.Model(t.Context(), "ticket-1.1", "")
	require.NoError(t, err)
	require.Same(t, kept, still, "what did not change is not read again")

	_, err = pool.Exec(t.Context(), "DELETE FROM model WHERE version = 'ticket-1.0'")
	require.NoError(t, err)
	require.NoError(t, running.Refresh(t.Context(), mark(t, pool)))
	_, err = running.Model(t.Context(), "ticket-1.0", "")
	require.Error(t, err, "the deletion is not noticed")
	require.Equal(t, "ticket-1.1", selected(t, running, "ticket-1.1", ""))
}

// Revisions are given out in one order and committed in another: a catalog that
// has seen the later one must notice the earlier one too.
func TestADeploymentThatCommitsLateIsNoticed(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	deploy(t, c, source(t, "ticket-1.1"))

	slow, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer slow.Rollback(t.Context()) //nolint:errcheck // after the commit there is nothing to roll back
	_, err = slow.Exec(t.Context(), "UPDATE model SET source = $1, revision = nextval('model_revision') WHERE version = 'ticket-1.0'",
		changed(t, "ticket-1.0", "Late:"))
	require.NoError(t, err)
	deploy(t, c, changed(t, "ticket-1.1", "Quick:"))
	require.NoError(t, c.RefreshNow(t.Context()))
	before, err := c.Model(t.Context(), "ticket-1.0", "")
	require.NoError(t, err)

	require.NoError(t, slow.Commit(t.Context()))
	require.NoError(t, c.RefreshNow(t.Context()))
	after, err := c.Model(t.Context(), "ticket-1.0", "")
	require.NoError(t, err)
	require.NotSame(t, before, after, "the catalog works with a model that is no longer deployed")
}

func TestAModelIsSelectedByVersionPatternOrGroup(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	for _, version := range []string{"ticket-1.0", "ticket-1.2", "ticket-1.1"} {
		deploy(t, c, source(t, version))
	}
	require.NoError(t, c.RefreshNow(t.Context()))
	require.Equal(t, "ticket-1.0", selected(t, c, "ticket-1.0", ""))
	require.Equal(t, "ticket-1.2", selected(t, c, "^ticket-", ""), "the highest that matches")
	require.Equal(t, "ticket-1.1", selected(t, c, `ticket-1\.[01]`, ""))
	require.Equal(t, "ticket-1.2", selected(t, c, "", "Ticket"))
	require.Equal(t, "ticket-1.2", selected(t, c, "unknown", "Ticket"), "the group serves where the version does not")
	for name, tt := range map[string]struct {
		version, group string
		code           workflow.Code
	}{
		"unknown version": {"invoice-1.0", "", workflow.UndefinedModelVersion},
		"unknown group":   {"", "Invoice", workflow.InvalidID},
		"both unknown":    {"invoice-1.0", "Invoice", workflow.UndefinedModelVersion},
		"neither":         {"", "", workflow.UndefinedModelVersion},
		"no pattern":      {"(", "", workflow.UndefinedModelVersion},
	} {
		_, err := c.Model(t.Context(), tt.version, tt.group)
		var fault *workflow.Error
		require.ErrorAs(t, err, &fault, name)
		require.Equal(t, tt.code, fault.Code, name)
	}
}

// A source that this program cannot read harms its own workitems only.
func TestAStoredModelThatCannotBeReadHarmsOnlyItself(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	_, err := pool.Exec(t.Context(), "INSERT INTO model (version, source) VALUES ('broken-1.0', 'no xml')")
	require.NoError(t, err)
	require.NoError(t, c.RefreshNow(t.Context()))
	_, err = c.Model(t.Context(), "broken-1.0", "")
	require.ErrorContains(t, err, "broken-1.0")
	require.Equal(t, "ticket-1.0", selected(t, c, "ticket-1.0", ""))
}

func TestACatalogMayBeUsedWhileItIsRefreshed(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	c := catalog.New(pool)
	deploy(t, c, source(t, "ticket-1.0"))
	require.NoError(t, c.RefreshNow(t.Context()))
	group, ctx := errgroup.WithContext(t.Context())
	for i := range 4 {
		group.Go(func() error {
			for j := range 10 {
				if i == 0 {
					title := strings.Repeat("x", j+1)
					if _, err := c.Deploy(ctx, "test.bpmn", changed(t, "ticket-1.0", title), catalog.Standard()); err != nil {
						return err
					}
				}
				if err := use(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}

func use(ctx context.Context, c *catalog.Catalog) error {
	if err := c.RefreshNow(ctx); err != nil {
		return err
	}
	_, err := c.Model(ctx, "", "Ticket")
	return err
}
