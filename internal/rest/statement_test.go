package rest_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/workitem"
)

// The statements that a decision record proposes for lists decide as
// auth.Caller.MayRead does.
func TestStatementsThatListWorkitems(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/adr/0022-authentication.md")
	require.NoError(t, err)
	statements := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, statements, 2)

	s := newTicketServer(t)
	for _, access := range []string{
		`[]`, `null`, `""`, `["",""]`, `["anna"]`, `["","anna"]`, `["team","x"]`, `["x"]`, `["","x"]`, `["ANNA"]`, `[7]`, `["a,b"]`,
		`["org.imixs.ACCESSLEVEL.EDITORACCESS"]`,
	} {
		s.create(t, `,"$readaccess":`+access)
	}
	s.create(t, "")
	exec(t.Context(), t, s, `
		CREATE TABLE workitem_readers AS
		SELECT w.uniqueid, coalesce(nullif(ARRAY(
		    SELECT r FROM json_array_elements_text(w.items -> '$readaccess') AS r WHERE r <> ''
		), '{}'), '{""}') AS readers
		FROM workitem w`)
	rows, err := s.pool.Query(t.Context(), "SELECT uniqueid FROM workitem ORDER BY uniqueid")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)

	for _, caller := range []auth.Caller{
		{Name: "rita", Level: auth.Reader, Names: []string{"rita"}},
		{Name: "anna", Level: auth.Author, Names: []string{"anna", "team"}},
		{Name: "a,b", Level: auth.Author, Names: []string{"a,b", "7"}},
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
		for _, statement := range statements {
			rows, err := s.pool.Query(t.Context(), statement[1], sees, names)
			require.NoError(t, err)
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			require.Equal(t, want, got, caller.Name)
		}
	}
}
