package bpmn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

// FuzzParse parses, checks and navigates. None of them may panic, hang or find
// something else the second time, whatever the file is.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bpmn")
	require.NoError(f, err)
	more, err := filepath.Glob("../workflow/testdata/bad/*.bpmn")
	require.NoError(f, err)
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := bpmn.Parse("fuzz", strings.NewReader(text))
		if err != nil {
			var unread *bpmn.ParseError
			require.ErrorAs(t, err, &unread)
			require.NotEmpty(t, unread.Code)
			return
		}
		problems := m.Check(nil)
		require.Equal(t, problems, m.Check(func(*bpmn.Event) bool { return false }))
		for _, p := range problems {
			require.NotEmpty(t, p.Code)
			require.NotContains(t, p.String(), "%!")
		}
		m.Check(func(*bpmn.Event) bool { return true })
		m.Groups()
		for _, e := range m.Events() {
			navigate(e, true)
			navigate(e, false)
		}
	})
}

func navigate(e *bpmn.Event, holds bool) {
	next, err := e.Next(func(*bpmn.Flow) (bool, error) { return holds, nil })
	if err == nil && next.Gateway != nil {
		_, _ = next.Gateway.Branches()
	}
}
