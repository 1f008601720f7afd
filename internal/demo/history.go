package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// line is a line of a workitem's $eventlog: an event took effect.
type line struct {
	at     time.Time // by the clock of who processed it, in milliseconds
	model  string
	task   int // where the event was processed
	event  int
	target int // the task it led to
}

// parseLine reads time|model|task|event|target|editor|comment.
func parseLine(text string) (line, error) {
	fields := strings.SplitN(text, "|", 7)
	if len(fields) < 5 {
		return line{}, fmt.Errorf("history line %q: five fields are needed", text)
	}
	l := line{model: fields[1]}
	var err error
	if l.at, err = time.Parse(time.RFC3339Nano, fields[0]); err != nil {
		return line{}, fmt.Errorf("history line %q: %w", text, err)
	}
	for i, number := range []*int{&l.task, &l.event, &l.target} {
		if *number, err = strconv.Atoi(fields[2+i]); err != nil {
			return line{}, fmt.Errorf("history line %q: %w", text, err)
		}
	}
	return l, nil
}
