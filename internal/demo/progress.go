package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows the load and the tap while they run: in place on a terminal, a
// line per second elsewhere.
type progress struct {
	out     io.Writer
	inPlace bool
	width   int // of the terminal
	load    *load
	tap     *tap
	visits  []visit
	names   map[string]string // of models, by ref
	model   semantics
	began   time.Time
	drawn   int // lines that the last picture has
}

func newProgress(out io.Writer, l *load, t *tap, visits []visit, model semantics) *progress {
	width, inPlace := terminal(out)
	p := &progress{out: out, inPlace: inPlace, width: width, load: l, tap: t, visits: visits, model: model, began: time.Now()}
	p.names = make(map[string]string, len(visits))
	for i := range visits {
		p.names[visits[i].id] = visits[i].model()
	}
	return p
}

// terminal says how wide the terminal is, if there is one.
func terminal(w io.Writer) (width int, ok bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return width, true
}

// run shows until the context ends, and a last time then.
func (p *progress) run(ctx context.Context) {
	interval := time.Second
	if p.inPlace {
		interval = 100 * time.Millisecond
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.show()
		case <-ctx.Done():
			p.show()
			return
		}
	}
}

func (p *progress) show() {
	seen, latest := p.tap.look()
	head := fmt.Sprintf("%5.1f s  %4d of %d workitems  %5d events on the tap", time.Since(p.began).Seconds(),
		p.load.done.Load(), len(p.visits), seen)
	if p.inPlace {
		p.draw(head, latest)
		return
	}
	last := ""
	if len(latest) > 0 {
		last = "  last: " + p.describe(latest[len(latest)-1])
	}
	fmt.Fprintln(p.out, head+last)
}

// draw replaces the last picture. A picture always has the same number of lines,
// and none is wider than the terminal: it would become two.
func (p *progress) draw(head string, latest []sighting) {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	lines := []string{head + "  " + bar(int(p.load.done.Load()), len(p.visits))}
	for _, s := range latest {
		lines = append(lines, "         "+s.at.Format("15:04:05.000")+"  "+p.describe(s))
	}
	for len(lines) < 1+latestKept {
		lines = append(lines, "")
	}
	for _, l := range lines {
		b.WriteString("\r\x1b[K" + l[:min(len(l), p.width-1)] + "\n")
	}
	p.drawn = len(lines)
	_, _ = io.WriteString(p.out, b.String())
}

// describe names an event as the model does.
func (p *progress) describe(s sighting) string {
	model := p.names[s.ref]
	return fmt.Sprintf("%s event %d %s (%s)", model, s.event, p.model.names[eventKey{model, s.event}], s.ref)
}

// bar shows a part of a whole in twenty characters.
func bar(part, whole int) string {
	const width = 20
	filled := width * part / max(whole, 1)
	return "[" + strings.Repeat("#", filled) + strings.Repeat("-", width-filled) + "]"
}
