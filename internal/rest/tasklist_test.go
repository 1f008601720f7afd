package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func (s *server) workitems(t *testing.T, name, path string) []string {
	t.Helper()
	var list struct{ Workitems []map[string][]any }
	s.as(t, name, http.MethodGet, "/api/workflow/"+path, "").decode(t, &list)
	require.NotNil(t, list.Workitems)
	subjects := make([]string, len(list.Workitems))
	for i, items := range list.Workitems {
		subjects[i], _ = items["subject"][0].(string)
	}
	return subjects
}

func TestTaskLists(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	first := s.stored(t, `,"subject":"a","$owner":["anna","team"],"$writeaccess":["anna"]`)
	s.stored(t, `,"subject":"b","$owner":"ed","$workitemref":"`+first+`","type":"archive"`)
	s.stored(t, `,"subject":"c","$readaccess":["ed"],"$writeaccess":["team"]`)
	s.stored(t, `,"subject":"d","$readaccess":["nobody"],"$owner":"anna"`)
	for path, want := range map[string][5][]string{
		"workitems":                        {nil, {"b", "a"}, {"b", "a"}, {"c", "b", "a"}, {"d", "c", "b", "a"}},
		"workitems?sortBy=$created":        {nil, {"a", "b"}, {"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d"}},
		"workitems?pageSize=2":             {nil, {"b", "a"}, {"b", "a"}, {"c", "b"}, {"d", "c"}},
		"workitems?pageSize=2&pageIndex=1": {nil, {}, {}, {"a"}, {"b", "a"}},
		"workitems?type=archive":           {nil, {"b"}, {"b"}, {"b"}, {"b"}},
		"workitems?items=subject":          {nil, {"b", "a"}, {"b", "a"}, {"c", "b", "a"}, {"d", "c", "b", "a"}},
		"worklist":                         {nil, {}, {"a"}, {"b"}, {}},
		"tasklist/owner/null":              {nil, {}, {"a"}, {"b"}, {}},
		"tasklist/creator/null":            {nil, {}, {}, {}, {"d", "c", "b", "a"}},
		"tasklist/group/null":              {nil, {}, {}, {}, {}},
		"tasklist/owner/anna":              {nil, {"a"}, {"a"}, {"a"}, {"d", "a"}},
		"tasklist/owner/team":              {nil, {"a"}, {"a"}, {"a"}, {"a"}},
		"tasklist/creator/max":             {nil, {"b", "a"}, {"b", "a"}, {"c", "b", "a"}, {"d", "c", "b", "a"}},
		"tasklist/creator/anna":            {nil, {}, {}, {}, {}},
		"tasklist/author/team":             {nil, {}, {}, {"c"}, {"c"}},
		"tasklist/group/Ticket":            {nil, {"b", "a"}, {"b", "a"}, {"c", "b", "a"}, {"d", "c", "b", "a"}},
		"tasklist/processid/1100":          {nil, {"b", "a"}, {"b", "a"}, {"c", "b", "a"}, {"d", "c", "b", "a"}},
		"tasklist/processid/1000":          {nil, {}, {}, {}, {}},
		"tasklist/ref/" + first:            {nil, {"b"}, {"b"}, {"b"}, {"b"}},
		"tasklist/writeaccess":             {nil, {}, {"a"}, {"c"}, {"c"}},
		"tasklist/owner/x%27%20OR%201=1":   {nil, {}, {}, {}, {}},
	} {
		for level, name := range users {
			if level == 0 {
				s.as(t, name, http.MethodGet, "/api/workflow/"+path, "").requireProblem(t, http.StatusForbidden, "FORBIDDEN")
				continue
			}
			require.Equal(t, want[level], s.workitems(t, name, path), "%s: %s", name, path)
		}
	}
	for _, query := range []string{"pageSize=1001", "pageIndex=-1", "sortBy=subject", "sortReverse=1", "type=%00"} {
		s.as(t, "anna", http.MethodGet, "/api/workflow/workitems?"+query, "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
	s.as(t, "anna", http.MethodGet, "/api/workflow/tasklist/processid/x", "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.as(t, "anna", http.MethodGet, "/api/workflow/tasklist/summary/x", "").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	list := s.as(t, "anna", http.MethodGet, "/api/workflow/workitems?pageSize=0", "", "Accept", "application/xml").collection(t, http.StatusOK)
	require.Len(t, list, 2)
	require.Equal(t, first, list[1].Text(workitem.UniqueID))
}
