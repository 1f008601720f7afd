package pgserver

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()
	var next strings.Builder
	output := &tail{next: &next}
	for i := range 1000 {
		_, err := fmt.Fprintf(output, "line %d\n", i)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(output.String()), tailSize)
	require.True(t, strings.HasSuffix(output.String(), "line 998\nline 999"))
	require.Equal(t, 1000, strings.Count(next.String(), "\n"), "lines passed on")
}

func TestBrokenLogDoesNotBreakTheServer(t *testing.T) {
	t.Parallel()
	output := &tail{next: brokenWriter{}}
	n, err := output.Write([]byte("text"))
	require.NoError(t, err)
	require.Equal(t, 4, n)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }
