package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

func TestLevelsHaveSeveralSpellings(t *testing.T) {
	t.Parallel()
	for _, level := range levels() {
		for _, text := range []string{level.Role(), level.String(), strings.ToLower(level.String()), " " + level.String() + " "} {
			got, err := auth.ParseLevel(text)
			require.NoError(t, err)
			require.Equal(t, level, got, text)
		}
	}
	got, err := auth.ParseLevel("manager")
	require.NoError(t, err)
	require.Equal(t, auth.Manager, got)
	for _, text := range []string{"", "NO", "ACCESS", "god", "org.imixs.ACCESSLEVEL.", "manager access"} {
		_, err := auth.ParseLevel(text)
		require.Error(t, err, text)
	}
	require.Equal(t, "org.imixs.ACCESSLEVEL.MANAGERACCESS", auth.Manager.Role())
}

func TestTheHighestLevelOfTheRolesCounts(t *testing.T) {
	t.Parallel()
	roles, err := auth.NewRoles(map[string]string{"staff": "AUTHOR", "boss": "EDITORACCESS"})
	require.NoError(t, err)
	for _, c := range []struct {
		roles []string
		level auth.Level
		names []string
	}{
		{nil, auth.NoAccess, []string{"anna"}},
		{[]string{"guest", ""}, auth.NoAccess, []string{"anna", "guest"}},
		{[]string{"manager", "MANAGERACCESS"}, auth.NoAccess, []string{"anna", "manager", "MANAGERACCESS"}},
		{[]string{"staff", "boss", "staff"}, auth.Editor, []string{"anna", "staff", auth.Author.Role(), "boss", auth.Editor.Role()}},
		{[]string{auth.Manager.Role(), auth.NoAccess.Role()}, auth.Manager, []string{"anna", auth.Manager.Role(), auth.NoAccess.Role()}},
		{[]string{"anna"}, auth.NoAccess, []string{"anna"}},
	} {
		caller, err := roles.Caller(auth.Identity{Name: "anna", Roles: c.roles})
		require.NoError(t, err)
		require.Equal(t, auth.Caller{Name: "anna", Level: c.level, Names: c.names}, caller)
	}
}

func TestRoleMapsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ role, level string }{
		{"staff", "boss"}, {auth.Reader.Role(), "MANAGER"}, {"", "MANAGER"}, {" staff", "EDITOR"}, {"st\u200baff", "EDITOR"}, {"staff\t", "EDITOR"},
	} {
		_, err := auth.NewRoles(map[string]string{c.role: c.level})
		require.ErrorContains(t, err, fmt.Sprintf("%q", c.role))
	}
	_, err := auth.NewRoles(map[string]string{auth.Reader.Role(): "READER"})
	require.NoError(t, err)
}

func TestNamesThatNobodyMayHave(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", " anna", "anna ", "an\nna", "an\x00na", "\xff", strings.Repeat("a", 256),
		"anonymous", "postlude", "org.imixs.ACCESSLEVEL.MANAGERACCESS",
		"a\u202edmin", "admin\u200b", "\ufeffadmin", "ad\u2028min",
	} {
		require.Error(t, auth.CheckName(name), "%q", name)
		_, err := (auth.Roles{}).Caller(auth.Identity{Name: name})
		require.Error(t, err, "%q", name)
	}
	for _, name := range []string{"anna", "Änne Müller", "anna@example.org", "CN=anna,O=x"} {
		require.NoError(t, auth.CheckName(name))
	}
}

// A list that names a role would name its namesake.
func TestNobodyIsCalledLikeARole(t *testing.T) {
	t.Parallel()
	roles, err := auth.NewRoles(map[string]string{"shop-admin": "MANAGER"})
	require.NoError(t, err)
	_, err = roles.Caller(auth.Identity{Name: "shop-admin"})
	require.ErrorContains(t, err, "that of a role")
	caller, err := roles.Caller(auth.Identity{Name: "SHOP-ADMIN"})
	require.NoError(t, err)
	require.Equal(t, auth.NoAccess, caller.Level)
}
