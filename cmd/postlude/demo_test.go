package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

// Ctrl-C before the verdict is a failure: nothing is proved.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got := callContext(ctx, "", "demo", "--database-url", postgrestest.NewEmpty(t).URL)
	require.Equal(t, 1, got.status)
	require.Equal(t, "postlude: interrupted before the end\n", got.err)
}
