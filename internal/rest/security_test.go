package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/rest"
	"github.com/postlude/postlude/internal/workitem"
)

// password is everybody's.
const password = "secret of the tests"

// The users, from the least to the most that they may do; all are in the group
// team.
var users = [5]string{"nora", "rita", "anna", "ed", "max"}

// newUsers is a file with the users, and what compares their passwords without
// taking its time.
func newUsers(t *testing.T) *auth.Authenticator {
	t.Helper()
	var lines strings.Builder
	for level, name := range users {
		hash := "$2a$10$" + strings.Repeat(string(name[0]), 53)
		fmt.Fprintf(&lines, "%s:%s:%s,team\n", name, hash, auth.Level(level).Role())
	}
	path := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(path, []byte(lines.String()), 0o600))
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour))) // or it would be waited for
	roles, err := auth.NewRoles(nil)
	require.NoError(t, err)
	passwords, err := auth.NewPasswords(auth.PasswordsConfig{
		File: path, Roles: roles, Log: zerolog.Nop(),
		Compare: func(_, given []byte) error {
			if string(given) != password {
				return errors.New("wrong")
			}
			return nil
		},
	})
	require.NoError(t, err)
	return &auth.Authenticator{Passwords: passwords, Roles: roles}
}

// guardedServer asks who calls.
func guardedServer(t *testing.T, change ...func(*rest.Config)) *server {
	t.Helper()
	authenticator := newUsers(t)
	s := newServer(t, append([]func(*rest.Config){func(c *rest.Config) {
		c.Security.Authenticator, c.LocalOnly = authenticator, false
	}}, change...)...)
	got := s.as(t, "max", http.MethodPost, "/api/model/bpmn/ticket.bpmn", ticketModel(t), "Content-Type", "application/xml")
	require.Equal(t, http.StatusOK, got.status, got.body)
	return s
}

// as makes a request of a user.
func (s *server) as(t *testing.T, name, method, path, body string, header ...string) answer {
	t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	return s.do(t, method, path, contentType, body, append(header, "Authorization", credentials(t, name))...)
}

// credentials are a user's, as a header has them.
func credentials(t *testing.T, name string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	require.NoError(t, err)
	request.SetBasicAuth(name, password)
	return request.Header.Get("Authorization")
}

// stored creates a ticket with access lists, in the name of a manager.
func (s *server) stored(t *testing.T, access string) string {
	t.Helper()
	got := s.as(t, "max", http.MethodPost, "/api/workflow/workitem",
		`{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10`+access+`}`)
	return got.items(t).Text(workitem.UniqueID)
}

// The columns are the levels, from NOACCESS to MANAGERACCESS.
func TestWhoMayReadAndProcessAWorkitem(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	for access, want := range map[string]struct{ read, process [5]int }{
		``:                                             {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$readaccess":"","$writeaccess":[""]`:        {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$writeaccess":["x","anna","rita"]`:          {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 200, 200, 200}},
		`,"$writeaccess":["team"]`:                     {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 200, 200, 200}},
		`,"$writeaccess":["somebody"]`:                 {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$readaccess":["team"]`:                      {[5]int{403, 200, 200, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$readaccess":["","ed","rita"]`:              {[5]int{403, 200, 404, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$readaccess":["x"],"$writeaccess":["team"]`: {[5]int{403, 404, 404, 404, 200}, [5]int{403, 406, 406, 406, 200}},
		`,"$readaccess":["nora","anna"],"$writeaccess":["nora","anna"]`: {[5]int{403, 404, 200, 404, 200}, [5]int{403, 406, 200, 406, 200}},
		`,"$readaccess":["org.imixs.ACCESSLEVEL.EDITORACCESS"]`:         {[5]int{403, 404, 404, 200, 200}, [5]int{403, 406, 406, 200, 200}},
		`,"$readaccess":[7]`:          {[5]int{403, 404, 404, 404, 200}, [5]int{403, 406, 406, 406, 200}},
		`,"$readaccess":[{"a":[""]}]`: {[5]int{403, 404, 404, 404, 200}, [5]int{403, 406, 406, 406, 200}},
		`,"$ReadAccess":["SOMEBODY"]`: {[5]int{403, 404, 404, 404, 200}, [5]int{403, 406, 406, 406, 200}},
	} {
		path := "/api/workflow/workitem/" + s.stored(t, access)
		for level, name := range users {
			got := s.as(t, name, http.MethodGet, path, "")
			require.Equal(t, want.read[level], got.status, "%s reads %s: %s", name, access, got.body)
			for _, method := range []string{http.MethodPost, http.MethodPut} {
				got = s.as(t, name, method, path, `{"$eventid":30}`)
				require.Equal(t, want.process[level], got.status, "%s processes %s: %s", name, access, got.body)
				switch got.status {
				case http.StatusOK:
					require.Equal(t, name, got.items(t).Text(workitem.Editor))
				case http.StatusNotAcceptable:
					got.requireProblem(t, http.StatusNotAcceptable, "OPERATION_NOTALLOWED")
				default:
					got.requireProblem(t, http.StatusForbidden, "FORBIDDEN")
				}
			}
		}
	}
}

// The columns are the levels, from NOACCESS to MANAGERACCESS.
func TestWhoMayDoTheRest(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r"})
	const ticket = `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10}`
	for _, c := range []struct {
		method, path, body string
		want               [5]int
	}{
		{"POST", "/api/workflow/workitem", ticket, [5]int{403, 406, 200, 200, 200}},
		{"PUT", "/api/workflow/workitem", ticket, [5]int{403, 406, 200, 200, 200}},
		{"PUT", "/api/workflow/workitem/none", `{"$eventid":10}`, [5]int{403, 406, 406, 406, 406}},
		{"GET", "/api/workflow/workitem/none", "", [5]int{403, 404, 404, 404, 404}},
		{"GET", "/api/model", "", [5]int{403, 200, 200, 200, 200}},
		{"GET", "/api/model/", "", [5]int{403, 200, 200, 200, 200}},
		{"GET", "/api/model/ticket-1.0/bpmn", "", [5]int{403, 200, 200, 200, 200}},
		{"POST", "/api/model/bpmn", "x", [5]int{403, 403, 403, 403, 415}},
		{"PUT", "/api/model/bpmn", "x", [5]int{403, 403, 403, 403, 415}},
		{"POST", "/api/model/bpmn/x.bpmn", "x", [5]int{403, 403, 403, 403, 415}},
		{"PUT", "/api/model/bpmn/x.bpmn", "x", [5]int{403, 403, 403, 403, 415}},
		{"GET", "/api/eventlog", "", [5]int{403, 200, 200, 200, 200}},
		{"GET", "/api/eventlog/", "", [5]int{403, 200, 200, 200, 200}},
		{"GET", "/api/eventlog/a~async.event", "", [5]int{403, 200, 200, 200, 200}},
		{"GET", "/healthz", "", [5]int{200, 200, 200, 200, 200}},
		{"GET", "/none", "", [5]int{404, 404, 404, 404, 404}},
		{"DELETE", "/api/model", "", [5]int{405, 405, 405, 405, 405}},
	} {
		for level, name := range users {
			got := s.as(t, name, c.method, c.path, c.body)
			require.Equal(t, c.want[level], got.status, "%s %s as %s: %s", c.method, c.path, name, got.body)
			require.Empty(t, got.header.Values("WWW-Authenticate"), "403 is no 401")
		}
		if c.path == "/healthz" {
			require.Equal(t, http.StatusOK, s.do(t, c.method, c.path, "", "").status)
			continue
		}
		got := s.do(t, c.method, c.path, "application/json", c.body)
		got.requireProblem(t, http.StatusUnauthorized, "UNAUTHENTICATED")
		require.Equal(t, []string{`Basic realm="postlude", charset="UTF-8"`}, got.header.Values("WWW-Authenticate"))
	}
}

func TestCredentialsThatProveNothingAre401(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	for _, header := range []string{"Basic", "Basic bWF4Ondyb25n", "Basic bm9ib2R5Ondyb25n", "Bearer abc", "max:" + password} {
		got := s.get(t, "/api/model", "Authorization", header)
		got.requireProblem(t, http.StatusUnauthorized, "UNAUTHENTICATED")
		require.NotEmpty(t, got.header.Get("WWW-Authenticate"))
		require.NotContains(t, got.body, "abc")
		require.NotContains(t, got.body, password)
	}
}

func TestWhoDidItIsNotTheClientsToSay(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	const forged = `,"$creator":"mallory","namcreator":"mallory","$editor":"mallory","$lasteditor":"mallory"`
	created := s.as(t, "anna", http.MethodPost, "/api/workflow/workitem",
		`{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10,"$writeaccess":["anna"]`+forged+`}`).items(t)
	require.Equal(t, "anna", created.Text(workitem.Creator))
	require.Equal(t, "anna", created.Text(workitem.Editor))
	changed := s.as(t, "ed", http.MethodPut, "/api/workflow/workitem/"+created.Text(workitem.UniqueID), `{"$eventid":30`+forged+`}`).items(t)
	require.Equal(t, "anna", changed.Text(workitem.Creator))
	require.Equal(t, "ed", changed.Text(workitem.Editor))
	require.Equal(t, "anna", changed.Text(workitem.LastEditor))
	require.NotContains(t, string(workitem.AppendJSON(nil, changed)), "mallory")
}

// What counts are the lists that are stored, not those that are sent.
func TestAnAuthorCannotNameHerself(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	id := s.stored(t, `,"$writeaccess":["somebody"]`)
	got := s.as(t, "anna", http.MethodPut, "/api/workflow/workitem/"+id, `{"$eventid":30,"$writeaccess":["anna"],"$readaccess":[]}`)
	got.requireProblem(t, http.StatusNotAcceptable, "OPERATION_NOTALLOWED")
	got = s.as(t, "anna", http.MethodPost, "/api/workflow/workitem",
		`{"$uniqueid":"`+id+`","$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10,"$writeaccess":["anna"]}`)
	got.requireProblem(t, http.StatusNotAcceptable, "OPERATION_NOTALLOWED")
}

func TestWhatCannotBeReadIsNotThere(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	id := s.stored(t, `,"$readaccess":["somebody"]`)
	hidden := s.as(t, "ed", http.MethodGet, "/api/workflow/workitem/"+id, "")
	missing := s.as(t, "ed", http.MethodGet, "/api/workflow/workitem/none", "")
	hidden.requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	require.Equal(t, missing.body, hidden.body)
}

func TestAsyncEventsKeepTheDataOfTheirWorkitems(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	id := s.stored(t, `,"$readaccess":["somebody"]`)
	exec(t.Context(), t, s, `UPDATE eventlog SET attempts = 1, last_error = 'it broke on 4711'`)
	s.write(t, eventlog.Event{Topic: "a", Ref: id, Data: json.RawMessage(`{"n":[1]}`)})
	for _, name := range users[auth.Reader:] {
		for _, path := range []string{"", "/async.event~a", "?ref=" + id} {
			got := s.as(t, name, http.MethodGet, "/api/eventlog"+path, "")
			var l listed
			got.decode(t, &l)
			require.Len(t, l.Entries, 2, path)
			require.NotNil(t, l.Entries[1].Data)
			require.Equal(t, 1, l.Entries[0].Attempts)
			if name == "max" {
				require.NotNil(t, l.Entries[0].Data)
				require.Equal(t, "it broke on 4711", l.Entries[0].LastError)
			} else {
				require.Nil(t, l.Entries[0].Data)
				require.NotContains(t, got.body, "4711")
			}
		}
	}
}

func TestTopicsHaveRules(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "topics")
	require.NoError(t, os.WriteFile(path, []byte("secret.* read @EDITOR\nteam.* read team\nsecret.open read *\n"), 0o600))
	topics, err := auth.NewTopicFile(path, 0, zerolog.Nop())
	require.NoError(t, err)
	s := guardedServer(t, func(c *rest.Config) { c.Security.Topics = topics })
	for listed, want := range map[string][5]int{
		"/secret.x":        {403, 403, 403, 200, 200},
		"/secret.x.lock":   {403, 403, 403, 200, 200},
		"/a~secret.x":      {403, 403, 403, 200, 200},
		"/secret.open":     {200, 200, 200, 200, 200},
		"/team.b~team.c":   {200, 200, 200, 200, 200},
		"/a~team.b~team.c": {403, 200, 200, 200, 200},
		"":                 {403, 403, 403, 200, 200},
		"?ref=x":           {403, 403, 403, 200, 200},
	} {
		for level, name := range users {
			got := s.as(t, name, http.MethodGet, "/api/eventlog"+listed, "")
			require.Equal(t, want[level], got.status, "%s lists %s: %s", name, listed, got.body)
			if got.status == http.StatusForbidden {
				got.requireProblem(t, http.StatusForbidden, "FORBIDDEN")
			}
		}
	}
}

func TestRequestsAreLoggedWithTheirCallerAndNoSecrets(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	id := s.stored(t, `,"$readaccess":["somebody"],"note":"the content"`)
	s.as(t, "anna", http.MethodPut, "/api/workflow/workitem/"+id, `{"$eventid":30}`)
	s.as(t, "anna", http.MethodPost, "/api/model/bpmn", "x")
	s.as(t, "nobody", http.MethodGet, "/api/model", "")
	s.get(t, "/api/model?password=my+password", "Authorization", "Basic bWF4Om15IHBhc3N3b3Jk") // max: another one
	s.get(t, "/api/model", "Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")
	s.get(t, "/api/model", "Authorization", password)
	log := s.log.String()
	for _, line := range []string{
		`"caller":"max"`, `"method":"POST","path":"/api/workflow/workitem","status":200`,
		`"caller":"anna"`, `"method":"PUT","path":"/api/workflow/workitem/` + id + `","status":406`,
		`"method":"POST","path":"/api/model/bpmn","status":403`,
		`"tried":"max"`, `"reason":"the name or the password is wrong"`, `"status":401`,
	} {
		require.Contains(t, log, line)
	}
	require.NotContains(t, log, `"tried":"nobody"`, "it may be a password")
	for _, secret := range []string{password, "my password", "my+password", "eyJ", "bWF4", "the content", "$2a$", "Authorization", "token"} {
		require.NotContains(t, log, secret)
	}
}

func TestWhichRequestsAreLogged(t *testing.T) {
	t.Parallel()
	for kind, want := range map[rest.AccessLog][2]bool{ // reads, changes
		rest.LogNothing: {false, false}, rest.LogChanges: {false, true}, rest.LogAll: {true, true}, "": {false, true},
	} {
		s := newTicketServer(t, func(c *rest.Config) {
			c.Security.AccessLog, c.Log = kind, c.Log.Level(zerolog.InfoLevel)
		})
		s.get(t, "/api/model")
		s.create(t, "")
		require.Equal(t, want[0], strings.Contains(s.log.String(), `"method":"GET"`), kind)
		require.Equal(t, want[1], strings.Contains(s.log.String(), `"caller":"anonymous"`), kind)
	}
}

func TestALongAddressIsCutInTheLog(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.post(t, "/none/"+strings.Repeat("ä", 10_000), "")
	require.Contains(t, s.log.String(), `ä…","status":404`)
	require.Less(t, len(s.log.String()), 5000)
}

// Machines ask how the API is all the time.
func TestQuestionsAboutHealthAreNotLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *rest.Config) {
		c.Security.AccessLog, c.Log = rest.LogAll, c.Log.Level(zerolog.InfoLevel)
	})
	s.get(t, "/healthz")
	require.NotContains(t, s.log.String(), "/healthz")
	s.get(t, "/healthz", "Host", "evil.example").requireProblem(t, http.StatusMisdirectedRequest, "FOREIGN_HOST")
	require.Contains(t, s.log.String(), `"path":"/healthz","status":421`)
}

func TestWhoIsRefusedWithoutEndDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	for range 200 {
		s.get(t, "/api/model", "Authorization", "Bearer x")
	}
	require.Less(t, strings.Count(s.log.String(), `"status":401`), 150)
}

// failing says that nothing can be said about credentials.
type failing struct{ err error }

func (f failing) Authenticate(*http.Request) (auth.Caller, error) { return auth.Caller{}, f.err }
func (f failing) Challenges(*auth.RefusedError) []string          { return []string{"Bearer"} }

func TestCredentialsThatCannotBeCheckedAreNot401(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		&auth.UnavailableError{Err: errors.New("dial secret.example")}: {http.StatusServiceUnavailable, "PROVIDER_UNAVAILABLE"},
		auth.ErrBusy: {http.StatusTooManyRequests, "TOO_MANY_REQUESTS"},
	} {
		s := newServer(t, func(c *rest.Config) { c.Security.Authenticator = failing{err} })
		got := s.get(t, "/api/model")
		got.requireProblem(t, want.status, want.code)
		require.NotContains(t, got.body, "secret.example")
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.Empty(t, got.header.Get("WWW-Authenticate"))
	}
}

func TestPagesOfNamedSitesMayUseTheAPI(t *testing.T) {
	t.Parallel()
	const site = "https://app.example"
	s := guardedServer(t, func(c *rest.Config) { c.Security.Origins = []string{site} })
	ask := func(origin string) answer {
		return s.do(t, http.MethodOptions, "/api/workflow/workitem", "", "",
			"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	}
	got := ask(site)
	require.Equal(t, http.StatusNoContent, got.status)
	require.Equal(t, site, got.header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, got.header.Get("Access-Control-Allow-Headers"), "Authorization")
	require.Empty(t, got.header.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "Origin", got.header.Get("Vary"))
	const ticket = `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10}`
	got = s.as(t, "anna", http.MethodPost, "/api/workflow/workitem", ticket, "Origin", site, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, site, got.header.Get("Access-Control-Allow-Origin"))

	for _, origin := range []string{"https://app.example.evil", "http://app.example", "https://APP.example", "null", "*"} {
		require.Equal(t, http.StatusUnauthorized, ask(origin).status, origin)
		require.Empty(t, ask(origin).header.Get("Access-Control-Allow-Origin"))
		got = s.as(t, "anna", http.MethodPost, "/api/workflow/workitem", ticket, "Origin", origin)
		got.requireProblem(t, http.StatusForbidden, "CROSS_ORIGIN")
	}
	without := guardedServer(t)
	got = without.do(t, http.MethodOptions, "/api/model", "", "", "Origin", site, "Access-Control-Request-Method", "GET")
	require.Equal(t, http.StatusUnauthorized, got.status)
	require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
}

func TestOriginsAreExact(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"https://app.example", "http://localhost:3000", "https://[::1]:8443"} {
		require.NoError(t, rest.CheckOrigin(origin))
	}
	for _, origin := range []string{
		"", "*", "null", "https://*.example", "https://app.example/", "https://App.example", "app.example",
		"https://a@b.example", "file:///x", "https://app.example?x", "https://",
	} {
		require.Error(t, rest.CheckOrigin(origin), origin)
	}
}
