package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
)

// What docs/api-session.md shows is what the API answers. The commands are run by a
// shell, with curl if the machine has one, and always with a small one of our own,
// see curl_test.go.
func TestTheSessionOfTheDocument(t *testing.T) {
	t.Parallel()
	ways := map[string]string{"our own curl": ownCurl(t)}
	if _, err := exec.LookPath("curl"); err == nil {
		ways["curl"] = ""
	}
	for name, dir := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, dir)
			commands := documented(t, filepath.Join("..", "docs", "api-session.md"))
			require.Greater(t, len(commands), 30)
			for _, c := range commands {
				s.run(t, c)
			}
		})
	}
}

// command is one of a document, and what it prints.
type command struct{ line, output string }

// documented reads the commands of a document.
func documented(t *testing.T, file string) (commands []command) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)\n```console\n(.*?)\n```\n").FindAllStringSubmatch(string(text), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			lines := strings.SplitAfter(part, "\n")
			n := 1
			for strings.HasSuffix(lines[n-1], "\\\n") {
				n++
			}
			commands = append(commands, command{strings.Join(lines[:n], ""), strings.Join(lines[n:], "")})
		}
	}
	return commands
}

// session is a shell in the folder of the project, before an API with nothing in
// it.
type session struct {
	host string
	env  []string
	// ids are those of the document and what they are here.
	ids map[string]string
}

func newSession(t *testing.T, path string) *session {
	t.Helper()
	db, broker := postgrestest.New(t), natstest.New(t)
	c := &cluster{t: t, pool: db.Pool, broker: broker, logs: t.TempDir(), env: append(os.Environ(),
		"DATABASE_URL="+db.URL, "NATS_URL="+broker.URL(), "ASYNCEVENT_PROCESSOR_ENABLED=true", "POSTLUDE_DATABASE_CONNECTIONS=8")}
	c.startAPI()
	c.start("outbox-relay")
	c.start("async-worker")
	search := strings.Join([]string{path, binaries, os.Getenv("PATH")}, string(filepath.ListSeparator))
	return &session{
		host: strings.TrimPrefix(c.api, "http://"),
		env:  append(c.env, "PATH="+strings.TrimPrefix(search, string(filepath.ListSeparator))),
		ids:  map[string]string{},
	}
}

// run runs a command and compares. One that only reads is repeated for a while: what
// it shows may take its time, as the document says.
func (s *session) run(t *testing.T, c command) {
	t.Helper()
	var got string
	same := func() bool {
		got = s.shell(t, c.line)
		return canonical(got) == canonical(c.output)
	}
	if strings.Contains(c.line, " -X ") || strings.Contains(c.line, " -d ") || strings.Contains(c.line, " -T ") || !strings.HasPrefix(c.line, "curl") {
		same()
	} else {
		for end := time.Now().Add(20 * time.Second); !same() && time.Now().Before(end); {
			<-time.After(100 * time.Millisecond)
		}
	}
	require.Equal(t, canonical(c.output), canonical(got), c.line)
	shown, here := volatileID.FindAllString(c.output, -1), volatileID.FindAllString(got, -1)
	require.Len(t, here, len(shown), c.line)
	for i, id := range shown {
		if s.ids[id] == "" {
			s.ids[id] = here[i]
		}
		require.Equal(t, s.ids[id], here[i], "%s is another entry here: %s", id, c.line)
	}
}

// shell runs a line with the host and the ids that are here.
func (s *session) shell(t *testing.T, line string) string {
	t.Helper()
	line = strings.ReplaceAll(line, "localhost:8080", s.host)
	line = volatileID.ReplaceAllStringFunc(line, func(id string) string {
		require.NotEmpty(t, s.ids[id], "nothing has printed %s", id)
		return s.ids[id]
	})
	sh := exec.CommandContext(t.Context(), "sh", "-c", line)
	sh.Dir, sh.Env = "..", s.env
	var stderr bytes.Buffer
	sh.Stderr = &stderr
	output, err := sh.Output()
	require.NoError(t, err, "%s: %s", line, stderr.String())
	return string(output)
}

// canonical takes out of a text what differs each time, and the white space that is
// there to be read.
func canonical(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) == nil {
		text = compact.String()
	} else if strings.HasPrefix(text, "<") {
		text = oneLine(text)
	}
	return steady(text)
}
