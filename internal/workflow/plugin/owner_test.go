package plugin_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestOwner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event, task workitem.Items
		want        []string
	}{
		"nobody says":           {of("namownershipnames", "e"), nil, []string{"old"}},
		"the event":             {of("keyupdateacl", "true", "namownershipnames", "e", "keyownershipfields", "team"), nil, []string{"e", "anna", "ben"}},
		"the task":              {of("namownershipnames", "e"), of("keyupdateacl", "true", "keyownershipfields", "[t, u]"), []string{"t", "u"}},
		"the event, not both":   {of("keyupdateacl", "true"), of("keyupdateacl", "true", "namownershipnames", "t"), []string{""}},
		"the names of access":   {of("keyupdateacl", "true", "namaddreadaccess", "r"), nil, []string{""}},
		"old mode is not read":  {of("keyownershipmode", "0", "namownershipnames", "e"), nil, []string{"old"}},
		"texts about the items": {of("keyupdateacl", "true", "namownershipnames", "<itemvalue>team</itemvalue>"), nil, []string{"anna"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("team", "anna", "team", "ben", "$owner", "old", "namowner", "old")
			require.NoError(t, plugin.Owner{}.Run(t.Context(), step(&scope{task: c.task}, items, c.event)))
			require.Equal(t, c.want, values(items, "$owner"))
			require.Equal(t, c.want, values(items, "namowner"))
			require.False(t, items.Has("$participants"))
		})
	}
}

func TestOwnerFails(t *testing.T) {
	t.Parallel()
	err := plugin.Owner{}.Run(t.Context(), step(&scope{}, of(), of("keyupdateacl", "true", "namownershipnames", "<itemvalue>one")))
	fails(t, err, workflow.InvalidTagFormat, "namownershipnames")
	broken := errors.New("no way out")
	err = plugin.Owner{}.Run(t.Context(), step(&scope{task: of("keyupdateacl", "true"), failing: broken}, of(), of()))
	require.ErrorIs(t, err, broken)
}
