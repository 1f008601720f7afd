package simulate

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workitem"
	"github.com/postlude/postlude/simulation"
)

// Life is a workitem's life to be played in virtual time.
type Life struct {
	// Options are those of the simulation. Their Start does not count.
	Options simulation.Options
	// Start is when the first workitem is processed, in the zone of Options; ""
	// is now.
	Start string
	// For is how long, or until when, it is played; "" until nothing is pending.
	For string
	// Events are what users call behind the first one.
	Events []Event
	// JSON prints a JSON object a line instead of a table.
	JSON bool
}

// UsageError says that a life was described wrongly. Nothing has been played.
type UsageError struct{ Err error }

// Error implements error.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// Play reads the items of a workitem as JSON, processes the event they name, then
// what it arms and the other events as their time comes, and writes the timeline.
//
// It returns whether all events were processed. The error is a [*UsageError], or
// says which model or workitem cannot be read; or it is simulation.ErrLimit, or
// says what else kept the life from going on: the timeline until then has been
// written.
func Play(l Life, in io.Reader, out io.Writer) (bool, error) {
	p, err := l.schedule()
	if err != nil {
		return false, &UsageError{err}
	}
	items, err := readItems(in, nil)
	if err != nil {
		return false, err
	}
	if p.Simulation, err = simulation.New(l.Options); err != nil {
		return false, err
	}
	stopped := p.play(items)
	if err := p.write(out, l.JSON); err != nil {
		return false, fmt.Errorf("write timeline: %w", err)
	}
	return !p.failed(), stopped
}

// play is a life on its way.
type play struct {
	*simulation.Simulation
	events []Event
	end    time.Time // zero if it has none
}

// schedule resolves the times of a life.
func (l *Life) schedule() (*play, error) {
	start, err := l.start()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if start.IsZero() {
		return nil, fmt.Errorf("start: %s is the one time that means no time", l.Start)
	}
	l.Options.Start = start
	p := &play{}
	if l.For != "" {
		if p.end, err = ParseTime(l.For, start); err != nil {
			return nil, fmt.Errorf("end: %w", err)
		}
		if p.end.Before(start) {
			return nil, fmt.Errorf("end: %s is before the start, %s", l.For, start.Format(time.RFC3339))
		}
	}
	p.events, err = inOrder(l.Events, start, p.end)
	return p, err
}

func (l *Life) start() (time.Time, error) {
	zone := l.Options.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := time.Now().In(zone).Truncate(time.Second)
	switch {
	case l.Start == "":
		return now, nil
	case isDuration(l.Start):
		return now, fmt.Errorf("%q is no time such as 2026-01-31T09:00:00Z", l.Start)
	}
	return parseDate(l.Start, zone)
}

// play plays. The error is for what is no event that failed.
func (p *play) play(items workitem.Items) error {
	first, err := p.Process(items)
	if err != nil {
		return nil //nolint:nilerr // the timeline says it
	}
	for _, e := range p.events {
		if err := p.advance(p.AdvanceTo(e.at)); err != nil {
			return err
		}
		if err := p.call(e, first.ID); err != nil {
			return err
		}
	}
	if p.end.IsZero() {
		return p.advance(p.Run())
	}
	return p.advance(p.AdvanceTo(p.end))
}

// advance passes on only what is no failure of an async event, which the timeline
// has.
func (p *play) advance(err error) error {
	if errors.Is(err, simulation.ErrLimit) {
		return err
	}
	return nil
}

func (p *play) call(e Event, first string) error {
	items := e.Items.Clone()
	id := e.Workitem
	if id == "" {
		id = first
	}
	if p.Workitem(id).ID == "" {
		return fmt.Errorf("event %d at %s: there is no workitem %s then, only %s", e.ID, e.At, id, p.ids())
	}
	items.Set(workitem.UniqueID, id)
	items.Set(workitem.EventID, e.ID)
	_, _ = p.Process(items) // the timeline says how it went
	return nil
}

func (p *play) ids() string {
	var ids []string
	for _, w := range p.Workitems() {
		ids = append(ids, w.ID)
	}
	return strings.Join(ids, ", ")
}

func (p *play) failed() bool {
	return slices.ContainsFunc(p.Timeline(), simulation.Step.Failed)
}
