package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/postlude/postlude/simulation"
)

// write writes the timeline, and what is armed at its end.
func (p *play) write(out io.Writer, asJSON bool) error {
	if asJSON {
		return p.writeJSON(out)
	}
	if _, err := io.WriteString(out, p.Timeline().String()); err != nil {
		return err
	}
	for i, a := range p.Pending() {
		if i == 0 {
			if _, err := fmt.Fprintf(out, "\nStill armed at %s:\n", p.Now().Format(time.RFC3339)); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(out, a); err != nil {
			return err
		}
	}
	return nil
}

// pendingLine is what is armed at the end, among the lines of the steps.
type pendingLine struct {
	Time time.Time `json:"time"`
	What string    `json:"what"`
	simulation.Armed
}

func (p *play) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	steps := p.Timeline()
	for i := range steps {
		if err := encoder.Encode(&steps[i]); err != nil {
			return err
		}
	}
	for _, a := range p.Pending() {
		if err := encoder.Encode(pendingLine{Time: p.Now(), What: "pending", Armed: a}); err != nil {
			return err
		}
	}
	return nil
}
