package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

func levels() []auth.Level {
	return []auth.Level{auth.NoAccess, auth.Reader, auth.Author, auth.Editor, auth.Manager}
}

// The columns are the levels, from NoAccess to Manager.
func TestWhoMayDoWhatWithAWorkitem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		access        auth.Access
		read, process [5]bool
	}{
		"nobody is named": {
			auth.Access{},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, false, true, true},
		},
		"empty texts are nobody": {
			auth.Access{Read: []string{""}, Write: []string{"", ""}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, false, true, true},
		},
		"the caller may write": {
			auth.Access{Write: []string{"", "anna"}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, true, true, true},
		},
		"a group of the caller may write": {
			auth.Access{Write: []string{"somebody", "team"}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, true, true, true},
		},
		"somebody else may write": {
			auth.Access{Write: []string{"ANNA", "ann", "anna "}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, false, true, true},
		},
		"the caller may read and write": {
			auth.Access{Read: []string{"anna"}, Write: []string{"team"}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, true, true, true},
		},
		"the caller may read": {
			auth.Access{Read: []string{"x", "team"}},
			[5]bool{false, true, true, true, true},
			[5]bool{false, false, false, true, true},
		},
		"somebody else may read": {
			auth.Access{Read: []string{"somebody", ""}, Write: []string{"anna"}},
			[5]bool{false, false, false, false, true},
			[5]bool{false, false, false, false, true},
		},
	} {
		for _, level := range levels() {
			caller := auth.Caller{Name: "anna", Level: level, Names: []string{"anna", "team"}}
			require.Equal(t, c.read[level], caller.MayRead(c.access), "%s: read as %s", name, level)
			require.Equal(t, c.process[level], caller.MayProcess(c.access), "%s: process as %s", name, level)
		}
	}
}

func TestAListNamesALevelByItsRole(t *testing.T) {
	t.Parallel()
	roles, err := auth.NewRoles(map[string]string{"staff": "author"})
	require.NoError(t, err)
	caller, err := roles.Caller(auth.Identity{Name: "anna", Roles: []string{"staff"}})
	require.NoError(t, err)
	require.True(t, caller.MayProcess(auth.Access{Write: []string{"org.imixs.ACCESSLEVEL.AUTHORACCESS"}}))
	require.False(t, caller.MayProcess(auth.Access{Write: []string{"org.imixs.ACCESSLEVEL.EDITORACCESS"}}))
}

func TestNobodyInParticularMayDoNothing(t *testing.T) {
	t.Parallel()
	var caller auth.Caller
	caller.Names = []string{""}
	require.False(t, caller.MayRead(auth.Access{Read: []string{""}}))
	require.False(t, caller.MayCreate())
	require.False(t, caller.IsNamedIn([]string{""}))
	require.False(t, auth.Topics{}.May(auth.CallerOf(t.Context()), auth.Read, "a"))
	_, _, ok := caller.Readers()
	require.False(t, ok)
	require.Equal(t, auth.NoAccess, auth.CallerOf(t.Context()).Level)
}

func TestCreatingNeedsAnAuthor(t *testing.T) {
	t.Parallel()
	for _, level := range levels() {
		require.Equal(t, level >= auth.Author, auth.Caller{Name: "anna", Level: level}.MayCreate(), level)
	}
}
