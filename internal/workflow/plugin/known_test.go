package plugin_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
)

func TestKnownHasTheNamesOfTodayAndOfOld(t *testing.T) {
	t.Parallel()
	known := plugin.Known()
	require.Len(t, known, 8*3)
	for name, p := range known {
		class := name[strings.LastIndexByte(name, '.')+1:]
		require.Equal(t, known["org.imixs.workflow.engine.plugins."+class], p)
		require.Equal(t, known["org.imixs.workflow.plugins."+class], p)
		require.Equal(t, known["org.imixs.workflow.plugins.jee."+class], p)
	}
	require.Equal(t, plugin.Result{}, known["org.imixs.workflow.engine.plugins.ResultPlugin"])
	require.Equal(t, []workflow.Plugin{plugin.Access{}}, plugin.Always())

	known["x"] = plugin.Result{}
	require.NotContains(t, plugin.Known(), "x", "everybody gets a map of their own")
}
