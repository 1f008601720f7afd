package pgserver

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest Postgres the schema is tested with.
const oldestMajor = 15

// binaries is a directory with initdb, postgres and pg_ctl of one version.
type binaries struct {
	dir   string
	major int
}

func (b binaries) program(name string) string {
	return filepath.Join(b.dir, executable(name))
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// places says where to look for server binaries.
type places struct {
	path     []string // directories of the PATH, in its order
	patterns []string // of directories elsewhere, the newest version first
}

// usualPlaces are the PATH and where the packages of each system put a server
// that they do not put on the PATH.
func usualPlaces() places {
	return places{
		path: filepath.SplitList(os.Getenv("PATH")),
		patterns: []string{
			"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
			"/usr/pgsql-*/bin",          // PGDG packages of Red Hat and SUSE
			"/usr/lib/postgresql*/bin",  // SUSE
			"/usr/libexec/postgresql*",  // Alpine
			"/usr/local/pgsql/bin",      // built from source
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin",
			"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			"/Library/PostgreSQL/*/bin", // EDB on macOS
			`C:\Program Files\PostgreSQL\*\bin`,
		},
	}
}

// directories returns the candidates, best first.
func (p places) directories() []string {
	var found []string
	for _, pattern := range p.patterns {
		matches, _ := filepath.Glob(pattern) // the only error is a bad pattern
		found = append(found, matches...)
	}
	slices.SortStableFunc(found, func(a, b string) int {
		return cmp.Compare(versionOf(b), versionOf(a))
	})
	return slices.DeleteFunc(append(slices.Clone(p.path), found...), func(dir string) bool {
		return !hasServer(dir)
	})
}

// versionOf returns the number in a directory's name, such as 15 of
// /usr/lib/postgresql/15/bin, or 0.
func versionOf(dir string) float64 {
	digits := regexp.MustCompile(`\d+(\.\d+)?`).FindAllString(dir, -1)
	if len(digits) == 0 {
		return 0
	}
	version, _ := strconv.ParseFloat(digits[len(digits)-1], 64)
	return version
}

// hasServer tells a server from the client programs alone.
func hasServer(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, executable(name))); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// find returns the first candidate that is of the wanted major version, or of
// any supported one when want is 0. The second result says what was passed over.
func (p places) find(ctx context.Context, want int) (binaries, []string) {
	var passedOver []string
	for _, dir := range p.directories() {
		major, err := askVersion(ctx, dir)
		switch {
		case err != nil:
			passedOver = append(passedOver, fmt.Sprintf("%s: %v", dir, err))
		case want != 0 && major != want:
			passedOver = append(passedOver, fmt.Sprintf("%s is version %d, the data is of version %d", dir, major, want))
		case major < oldestMajor:
			passedOver = append(passedOver, fmt.Sprintf("%s is version %d, the oldest supported is %d", dir, major, oldestMajor))
		default:
			return binaries{dir: dir, major: major}, nil
		}
	}
	return binaries{}, passedOver
}

// askVersion runs "postgres --version", which prints "postgres (PostgreSQL)
// 15.4 (Debian ...)".
func askVersion(ctx context.Context, dir string) (int, error) {
	output, err := exec.CommandContext(ctx, filepath.Join(dir, executable("postgres")), "--version").Output() //nolint:gosec // a directory of the PATH
	if err != nil {
		return 0, fmt.Errorf("ask version: %w", err)
	}
	match := regexp.MustCompile(`PostgreSQL\) (\d+)`).FindStringSubmatch(string(output))
	if match == nil {
		return 0, fmt.Errorf("ask version: unexpected answer %q", strings.TrimSpace(string(output)))
	}
	return strconv.Atoi(match[1])
}
