package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// result is what a command line did.
type result struct {
	status   int
	out, err string
}

// call runs a command line.
func call(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return callContext(t.Context(), stdin, args...)
}

func callContext(ctx context.Context, stdin string, args ...string) result {
	var out, err strings.Builder
	status := run(ctx, args, streams{in: strings.NewReader(stdin), out: &out, err: &err})
	return result{status, out.String(), err.String()}
}

// succeed runs a command line that must succeed, and returns what it wrote.
func succeed(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	got := call(t, stdin, args...)
	require.Zero(t, got.status, "%q: %s", args, got.err)
	return got.out
}

// requireOneLine requires one line on standard error, from us, and nothing of a
// stack or of usage.
func requireOneLine(t *testing.T, got result) {
	t.Helper()
	require.Equal(t, 1, strings.Count(got.err, "\n"), "%q", got.err)
	require.True(t, strings.HasPrefix(got.err, "postlude: "), "%q", got.err)
	require.NotContains(t, got.err, "goroutine")
	require.NotContains(t, got.err, "Usage:")
}
