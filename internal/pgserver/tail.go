package pgserver

import (
	"io"
	"strings"
	"sync"
)

// tailSize is enough for a FATAL with its DETAIL and HINT.
const tailSize = 4 << 10

// tail passes a process's output on and remembers the end of it for an error
// message. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	next io.Writer // may be nil
	end  []byte
}

// Write never fails: a broken log must not break the server that writes it.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - tailSize; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	if t.next != nil {
		_, _ = t.next.Write(p)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.end))
}
