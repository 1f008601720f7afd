package rest_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/workitem"
)

// Lists show what auth.Caller.MayRead allows, as does the statement by which a
// decision record says what that means.
func TestListsShowWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/adr/0022-authentication.md")
	require.NoError(t, err)
	statement := regexp.MustCompile("(?s)```sql\n(.*?)```").FindStringSubmatch(string(text))
	require.Len(t, statement, 2)

	s := newTicketServer(t)
	for _, access := range []string{
		`[]`, `null`, `""`, `["",""]`, `["anna"]`, `["","anna"]`, `["team","x"]`, `["x"]`, `["","x"]`, `["ANNA"]`, `[7]`, `["a,b"]`,
		`["org.imixs.ACCESSLEVEL.EDITORACCESS"]`, `[true]`, `["true","a\"b\\c"]`, `["` + strings.Repeat("x", 300) + `"]`,
	} {
		s.create(t, `,"$readaccess":`+access)
	}
	s.create(t, "")
	rows, err := s.pool.Query(t.Context(), "SELECT uniqueid FROM workitem ORDER BY uniqueid")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)

	for _, caller := range []auth.Caller{
		{Name: "rita", Level: auth.Reader, Names: []string{"rita"}},
		{Name: "anna", Level: auth.Author, Names: []string{"anna", "team"}},
		{Name: "a,b", Level: auth.Author, Names: []string{"a,b", "7", "true", `a"b\c`}},
		{Name: "ed", Level: auth.Editor, Names: []string{"ed", auth.Editor.Role()}},
		{Name: "max", Level: auth.Manager, Names: []string{"max"}},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(id string) bool {
			record, err := workitem.Load(t.Context(), s.pool, id)
			require.NoError(t, err)
			var readers []string
			for _, value := range record.Items.Values("$readaccess") {
				readers = append(readers, workitem.FormatValue(value))
			}
			return !caller.MayRead(auth.Access{Read: readers})
		})
		sees, names, ok := caller.Readers()
		require.True(t, ok)
		rows, err := s.pool.Query(t.Context(), statement[1], sees, names)
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, want, got, caller.Name)

		found, err := workitem.Find(t.Context(), s.pool, workitem.Query{
			Reader: workitem.Reader{All: sees, Names: names}, Sort: workitem.ByUniqueID, Limit: len(all),
		})
		require.NoError(t, err)
		got = nil
		for i := range found {
			got = append(got, found[i].Items.Text(workitem.UniqueID))
		}
		require.Equal(t, want, got, caller.Name)
	}
}
