package process

import (
	"slices"
	"strings"
)

// OneLine is a text, mostly of an error, in one line: drivers and servers use several,
// some of them twice.
func OneLine(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(kept, line) {
			kept = append(kept, line)
		}
	}
	return strings.ReplaceAll(strings.Join(kept, "; "), ":; ", ": ")
}
