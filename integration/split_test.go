package integration

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// TestSplitAndJoinUnderKills lets projects create two parts each, which then
// both update their project at the same moment, while workers are killed.
func TestSplitAndJoinUnderKills(t *testing.T) {
	c := newCluster(t, 3*time.Second)
	for _, file := range []string{"project.bpmn", "part.bpmn"} {
		source, err := os.ReadFile(filepath.Join("testdata", file))
		require.NoError(t, err)
		c.deploy(source)
	}
	c.start("outbox-relay")
	workers := []*program{c.start("async-worker"), c.start("async-worker")}
	projects := make([]string, 100)
	c.clients(len(projects), func(i int) (err error) {
		if i == len(projects)/2 {
			workers[0].kill()
			c.start("async-worker")
		}
		projects[i], err = c.process(newWorkitem("project-1.0", 1000, 10))
		return err
	})
	require.Eventually(t, func() bool { return c.pending() == 0 }, 60*time.Second, 50*time.Millisecond, "entries are left")

	for _, id := range projects {
		require.Equal(t, "10 20 30 30", events(c.history(id)), "project %s", id)
		record, err := workitem.Load(t.Context(), c.pool, id)
		require.NoError(t, err)
		require.Equal(t, 2, record.Items.Int("done"), "project %s", id)
		for _, part := range c.parts(id) {
			require.Equal(t, "10 20", events(c.history(part)), "part %s", part)
		}
	}
}

// parts are the two workitems that refer to a project.
func (c *cluster) parts(project string) []string {
	c.t.Helper()
	var parts []string
	err := c.pool.QueryRow(c.t.Context(),
		`SELECT array_agg(uniqueid) FROM workitem WHERE model_version = 'part-1.0' AND items->'$workitemref'->>0 = $1`, project).Scan(&parts)
	require.NoError(c.t, err)
	require.Len(c.t, parts, 2, "project %s", project)
	return parts
}
