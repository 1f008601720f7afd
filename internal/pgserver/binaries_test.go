package pgserver

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlacesPreferThePathThenTheNewest(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	onPath := fakeServer(t, root, "path", 16)
	old := fakeServer(t, root, "lib/9.6/bin", 9)
	newer := fakeServer(t, root, "lib/15/bin", 15)
	newest := fakeServer(t, root, "lib/17/bin", 17)
	clientsOnly := filepath.Join(root, "lib", "18", "bin")
	require.NoError(t, os.MkdirAll(clientsOnly, 0o755))
	p := places{path: []string{clientsOnly, onPath}, patterns: []string{filepath.Join(root, "lib", "*", "bin")}}

	require.Equal(t, []string{onPath, newest, newer, old}, p.directories())
}

func TestFindAsksForTheVersion(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the fake programs are shell scripts")
	}
	root := t.TempDir()
	old := fakeServer(t, root, "old", 14)
	middle := fakeServer(t, root, "middle", 15)
	latest := fakeServer(t, root, "latest", 17)
	p := places{path: []string{filepath.Join(root, "missing"), old, middle, latest}}

	tests := []struct {
		name  string
		want  int
		found binaries // zero for none
	}{
		{name: "any supported", want: 0, found: binaries{dir: middle, major: 15}},
		{name: "the one of the data", want: 17, found: binaries{dir: latest, major: 17}},
		{name: "none for the data", want: 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found, passedOver := p.find(t.Context(), tt.want)
			require.Equal(t, tt.found, found)
			if tt.found.dir == "" {
				require.Len(t, passedOver, 3, "every server is named with the reason")
			}
		})
	}
}

// fakeServer makes a directory of programs that know only their version.
func fakeServer(tb testing.TB, root, name string, major int) string {
	tb.Helper()
	dir := filepath.Join(root, filepath.FromSlash(name))
	require.NoError(tb, os.MkdirAll(dir, 0o755))
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %d.4 (Test 1)'\n", major)
	for _, program := range []string{"initdb", "postgres"} {
		require.NoError(tb, os.WriteFile(filepath.Join(dir, executable(program)), []byte(script), 0o755))
	}
	return dir
}
