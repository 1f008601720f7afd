package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What docs/simulate.md shows is what the command prints, and its Go is that of
// the example.
func TestSimulateDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/simulate.md")
	require.NoError(t, err)
	files := map[string]string{}
	shown := 0
	for _, block := range blocks(string(text), "console") {
		for _, command := range strings.Split(block, "$ ")[1:] {
			line, want, _ := strings.Cut(command, "\n")
			if name, ok := strings.CutPrefix(line, "cat "); ok {
				files[name] = want
				continue
			}
			call, name, ok := strings.Cut(line, " < ")
			require.True(t, ok, line)
			require.Contains(t, files, name)
			args := strings.Fields(strings.ReplaceAll(call, "examples/", "../../examples/"))
			require.Equal(t, "postlude", args[0])
			require.Equal(t, want, succeed(t, files[name], args[1:]...), line)
			shown++
		}
	}
	require.Equal(t, 3, shown)

	example, err := os.ReadFile(filepath.Join("..", "..", "simulation", "example_test.go"))
	require.NoError(t, err)
	for _, block := range blocks(string(text), "go") {
		require.Contains(t, unindented(string(example)), unindented(block))
	}
}

// blocks returns the code blocks of a language.
func blocks(text, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func unindented(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
