package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// Timeline is what happened, in order.
type Timeline []Step

// timeLayout shows fractions of a second only where there are some.
const timeLayout = "2006-01-02T15:04:05.999Z07:00"

// String returns the timeline as a table, a step a line, and more lines for more
// than one effect. It is meant for people and for golden files.
func (t Timeline) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tWORKITEM\tWHAT\tEVENT\tTASK\tEFFECT")
	for n := range t {
		s := &t[n]
		for i, line := range effects(s) {
			if i > 0 {
				fmt.Fprintf(w, "\t\t\t\t\t%s\n", line)
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n",
				s.Time.Format(timeLayout), oneLine(s.Workitem), s.What, named(s.Event.ID, s.Event.Name), tasks(s), line)
		}
	}
	_ = w.Flush() // a builder takes everything
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func tasks(s *Step) string {
	if s.From == s.To {
		return named(s.To.ID, s.To.Name)
	}
	return named(s.From.ID, s.From.Name) + " → " + named(s.To.ID, s.To.Name)
}

// effects returns what stands in the last column, at least one line.
func effects(s *Step) []string {
	switch {
	case s.Failed():
		return []string{oneLine(failure(s))}
	case s.What == Stale:
		return []string{"was due " + s.Due.Format(timeLayout)}
	case s.What == Entry:
		return []string{oneLine("topic " + s.Topic + " for " + s.Ref + due(s))}
	case len(s.Armed) == 0:
		return []string{""}
	}
	lines := make([]string, len(s.Armed))
	for i, a := range s.Armed {
		lines[i] = "arms " + named(a.Event.ID, a.Event.Name) + " for " + a.Due.Format(timeLayout)
	}
	return lines
}

func failure(s *Step) string {
	text := "failed: "
	if s.Code != "" {
		text += s.Code + ": "
	}
	text += s.Error
	if len(s.Params) > 0 {
		text += " (" + strings.Join(s.Params, "; ") + ")"
	}
	return text
}

func due(s *Step) string {
	if s.Due.Equal(s.Time) {
		return ""
	}
	return ", due " + s.Due.Format(timeLayout)
}

func named(id int, name string) string {
	if id == 0 {
		return ""
	}
	return strings.TrimSpace(strconv.Itoa(id) + " " + oneLine(name))
}

// oneLine keeps a text in its cell: no space but blanks, and nothing that a
// terminal or the table's writer would obey.
func oneLine(text string) string {
	visible := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}
