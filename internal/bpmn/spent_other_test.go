//go:build !unix

package bpmn_test

import (
	"testing"
	"time"
)

// spent returns the time of the clock.
func spent(t *testing.T) time.Duration {
	t.Helper()
	return time.Duration(time.Now().UnixNano())
}
