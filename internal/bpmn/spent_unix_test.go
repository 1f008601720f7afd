//go:build unix

package bpmn_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spent returns the time for which processors have worked on this process: on a
// busy machine it passes more slowly than that of the clock.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
