package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
)

// asProgram makes the binary of the tests the program itself.
const asProgram = "WORKFLOW_API_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	postgrestest.Main(m)
}

// api is a running program.
type api struct {
	address string
	command *exec.Cmd
	ended   chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

func program(ctx context.Context, settings ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0])
	command.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH")}, settings...)
	return command
}

// start runs the program with settings, as environment variables, until the test
// ends.
func start(t *testing.T, settings ...string) *api {
	t.Helper()
	settings = append([]string{
		"DATABASE_URL=" + postgrestest.New(t).URL, "NATS_URL=" + natstest.New(t).URL(), "ASYNCEVENT_PROCESSOR_ENABLED=true",
	}, settings...)
	a := &api{command: program(t.Context(), settings...), ended: make(chan struct{})}
	a.command.Cancel = func() error { return a.command.Process.Signal(syscall.SIGTERM) }
	a.command.WaitDelay = 20 * time.Second
	stderr, err := a.command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, a.command.Start())
	started := make(chan string, 1)
	go a.read(stderr, started)
	t.Cleanup(func() { <-a.ended })
	select {
	case a.address = <-started:
	case <-a.ended:
		require.FailNow(t, "the program ended", a.logged())
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the program does not start", a.logged())
	}
	return a
}

// read keeps the log and finds the address in it.
func (a *api) read(stderr io.Reader, started chan<- string) {
	defer close(a.ended)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		a.mu.Lock()
		a.log.WriteString(lines.Text() + "\n")
		a.mu.Unlock()
		var line struct{ Message, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "api started" {
			started <- line.Address[strings.LastIndexByte(line.Address, ':'):]
		}
	}
	_ = a.command.Wait()
}

func (a *api) logged() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.String()
}

// get is the status of an answer, and its challenges.
func (a *api) get(t *testing.T, client *http.Client, path string, credentials func(*http.Request)) (int, []string) {
	t.Helper()
	scheme := "http"
	if client != http.DefaultClient {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://127.0.0.1"+a.address+path, http.NoBody)
	require.NoError(t, err)
	if credentials != nil {
		credentials(request)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode, response.Header.Values("WWW-Authenticate")
}

func basic(name, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// hash is one of the cost 10 for the password.
const (
	password = "correct horse"
	hash     = "$2a$10$ztRb2qUjYYE0oj5zHrnxEuZUK2xrfTLS1t5CKLPL7jbpURGrcDcLu"
)

func TestStartsThatAreRefused(t *testing.T) {
	t.Parallel()
	plain, cheap := write(t, "plain", "\nanna:"+password), write(t, "cheap", "anna:"+strings.Replace(hash, "$10$", "$04$", 1))
	good, rules := write(t, "users", "anna:"+hash), write(t, "rules", "a read @god")
	for _, c := range []struct {
		settings []string
		status   int
		want     string
	}{
		{[]string{"POSTLUDE_API_ADDRESS=0.0.0.0:0"}, 2, "set --users or --oidc-issuer (POSTLUDE_API_USERS, POSTLUDE_OIDC_ISSUER)"},
		{[]string{"POSTLUDE_API_ADDRESS=:0", "POSTLUDE_API_OPEN=false"}, 2, "--open (POSTLUDE_API_OPEN=true)"},
		{[]string{"POSTLUDE_API_ADDRESS=:0", "POSTLUDE_API_USERS="}, 2, "there is no authentication"},
		{[]string{"POSTLUDE_OIDC_ISSUER=https://issuer.example"}, 2, "--oidc-audience"},
		{[]string{"POSTLUDE_API_ROLE_MAP=staff=BOSS"}, 2, `"BOSS" is no access level`},
		{[]string{"POSTLUDE_API_CORS_ORIGIN=*"}, 2, "is not exactly https://host"},
		{[]string{"POSTLUDE_API_TLS_CERT=x"}, 2, "--tls-cert and --tls-key go together"},
		{[]string{"POSTLUDE_API_ACCESS_LOG=some"}, 2, "--access-log must be one of"},
		{[]string{"POSTLUDE_API_USERS=" + plain}, 1, plain + ":2: the second field is no bcrypt hash; passwords never stand here"},
		{[]string{"POSTLUDE_API_USERS=" + cheap}, 1, cheap + ":1: the bcrypt hash has the cost 4"},
		{[]string{"POSTLUDE_API_USERS=" + good + ".none"}, 1, "no such file"},
		{[]string{"POSTLUDE_API_USERS=" + good, "POSTLUDE_API_TOPIC_ACCESS=" + rules}, 1, rules + ":1: "},
		{[]string{"POSTLUDE_OIDC_ISSUER=issuer", "POSTLUDE_OIDC_AUDIENCE=x"}, 1, "issuer of tokens"},
		{[]string{"POSTLUDE_OIDC_ISSUER=https://i.example", "POSTLUDE_OIDC_AUDIENCE=x", "POSTLUDE_OIDC_ALGORITHM=HS256"}, 1, "HS256"},
	} {
		var stderr strings.Builder
		command := program(t.Context(), append([]string{"DATABASE_URL=postgres://127.0.0.1:1/none"}, c.settings...)...)
		command.Stderr = &stderr
		_ = command.Run()
		require.Equal(t, c.status, command.ProcessState.ExitCode(), "%s: %s", c.settings, stderr.String())
		require.Contains(t, stderr.String(), c.want)
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		require.NotContains(t, stderr.String(), password)
	}
}

func TestWithoutAuthenticationItServesThisMachineOnly(t *testing.T) {
	t.Parallel()
	a := start(t, "POSTLUDE_API_ADDRESS=127.0.0.1:0")
	status, _ := a.get(t, http.DefaultClient, "/api/model", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, a.logged(), "no authentication: the api serves this machine only")
	status, _ = a.get(t, http.DefaultClient, "/api/model", func(r *http.Request) { r.Host = "evil.example" })
	require.Equal(t, http.StatusMisdirectedRequest, status)
}

func TestOpenedOnPurposeItSaysSo(t *testing.T) {
	t.Parallel()
	a := start(t, "POSTLUDE_API_ADDRESS=0.0.0.0:0", "POSTLUDE_API_OPEN=true")
	status, _ := a.get(t, http.DefaultClient, "/api/model", func(r *http.Request) { r.Host = "any.example" })
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, a.logged(), `"level":"warn"`)
	require.Contains(t, a.logged(), "without authentication")
}

func TestUsersTokensAndTLSTogether(t *testing.T) {
	t.Parallel()
	issuer, pair := newIssuer(t), newPair(t)
	users := write(t, "users", "anna:"+hash+":org.imixs.ACCESSLEVEL.READERACCESS")
	a := start(t,
		"POSTLUDE_API_ADDRESS=0.0.0.0:0", "POSTLUDE_API_USERS="+users,
		"POSTLUDE_OIDC_ISSUER="+issuer.URL, "POSTLUDE_OIDC_AUDIENCE=postlude", "POSTLUDE_API_ROLE_MAP=staff=READER,boss=MANAGER",
		"POSTLUDE_API_TLS_CERT="+pair.certificate, "POSTLUDE_API_TLS_KEY="+pair.key, "POSTLUDE_API_ACCESS_LOG=all",
	)
	status, challenges := a.get(t, pair.client, "/api/model", nil)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, []string{`Basic realm="postlude", charset="UTF-8"`, `Bearer realm="postlude"`}, challenges)
	status, _ = a.get(t, pair.client, "/healthz", nil)
	require.Equal(t, http.StatusOK, status)

	good, guest, old := issuer.token(t, "bert", time.Hour, "staff"), issuer.token(t, "gast", time.Hour), issuer.token(t, "bert", -time.Hour, "staff")
	for name, c := range map[string]struct {
		credentials func(*http.Request)
		want        int
	}{
		"right password": {basic("anna", password), http.StatusOK},
		"wrong password": {basic("anna", "wrong horse"), http.StatusUnauthorized},
		"unknown user":   {basic("nobody", password), http.StatusUnauthorized},
		"token":          {bearer(good), http.StatusOK},
		"without a role": {bearer(guest), http.StatusForbidden},
		"expired":        {bearer(old), http.StatusUnauthorized},
		"broken":         {bearer(good[:len(good)-4]), http.StatusUnauthorized},
	} {
		status, challenges := a.get(t, pair.client, "/api/model", c.credentials)
		require.Equal(t, c.want, status, name)
		require.Equal(t, status == http.StatusUnauthorized, len(challenges) > 0, name)
	}

	require.NoError(t, os.WriteFile(users, []byte("carl:"+hash+":org.imixs.ACCESSLEVEL.READERACCESS"), 0o600))
	require.Eventually(t, func() bool {
		anna, _ := a.get(t, pair.client, "/api/model", basic("anna", password))
		carl, _ := a.get(t, pair.client, "/api/model", basic("carl", password))
		return anna == http.StatusUnauthorized && carl == http.StatusOK
	}, 20*time.Second, 50*time.Millisecond)

	require.NoError(t, a.command.Process.Signal(syscall.SIGTERM))
	<-a.ended
	require.Zero(t, a.command.ProcessState.ExitCode(), a.logged())
	for _, line := range []string{`"caller":"anna"`, `"caller":"bert"`, `"tried":"anna"`, "authentication required"} {
		require.Contains(t, a.logged(), line)
	}
	for _, secret := range []string{password, "wrong horse", good[:20], hash[7:], "Bearer e", "Basic Y", "Authorization"} {
		require.NotContains(t, a.logged(), secret)
	}
}

func TestATokenProviderThatIsAwayIs503(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	token := issuer.token(t, "bert", time.Hour)
	issuer.Close()
	a := start(t, "POSTLUDE_API_ADDRESS=127.0.0.1:0", "POSTLUDE_OIDC_ISSUER="+issuer.URL, "POSTLUDE_OIDC_AUDIENCE=postlude")
	status, challenges := a.get(t, http.DefaultClient, "/api/model", bearer(token))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Empty(t, challenges)
	status, _ = a.get(t, http.DefaultClient, "/readyz", nil)
	require.Equal(t, http.StatusOK, status, "others can be served")
	require.NotContains(t, a.logged(), token)
}
