package natsserver

import (
	"fmt"
	"io"
	"sync"
)

// logger takes the server's log. The server reports a start that cannot succeed
// here and nowhere else, so the first fatal line is kept.
type logger struct {
	mu    sync.Mutex
	out   io.Writer // may be nil
	fatal chan string
}

func newLogger(out io.Writer) *logger {
	return &logger{out: out, fatal: make(chan string, 1)}
}

func (l *logger) line(level, format string, values []any) string {
	text := fmt.Sprintf(format, values...)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out != nil {
		_, _ = fmt.Fprintf(l.out, "%s %s\n", level, text)
	}
	return text
}

func (l *logger) Noticef(format string, values ...any) { l.line("INF", format, values) }
func (l *logger) Warnf(format string, values ...any)   { l.line("WRN", format, values) }
func (l *logger) Errorf(format string, values ...any)  { l.line("ERR", format, values) }
func (l *logger) Debugf(format string, values ...any)  { l.line("DBG", format, values) }
func (l *logger) Tracef(format string, values ...any)  { l.line("TRC", format, values) }

// Fatalf does not end the process: Start returns the error.
func (l *logger) Fatalf(format string, values ...any) {
	text := l.line("FTL", format, values)
	select {
	case l.fatal <- text:
	default:
	}
}
