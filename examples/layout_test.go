package examples_test

import (
	"encoding/xml"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
)

// diagram is as much of a BPMN file as its picture needs.
type diagram struct {
	Process struct {
		Nodes []node `xml:",any"`
	} `xml:"process"`
	Plane struct {
		Shapes []struct {
			Element string `xml:"bpmnElement,attr"`
			Bounds  bounds `xml:"Bounds"`
			Label   bounds `xml:"BPMNLabel>Bounds"`
		} `xml:"BPMNShape"`
		Edges []struct {
			Element   string  `xml:"bpmnElement,attr"`
			Waypoints []point `xml:"waypoint"`
			Label     bounds  `xml:"BPMNLabel>Bounds"`
		} `xml:"BPMNEdge"`
	} `xml:"BPMNDiagram>BPMNPlane"`
}

type node struct {
	XMLName xml.Name
	ID      string `xml:"id,attr"`
	Host    string `xml:"attachedToRef,attr"`
	Source  string `xml:"sourceRef,attr"`
	Target  string `xml:"targetRef,attr"`
}

type point struct {
	X int `xml:"x,attr"`
	Y int `xml:"y,attr"`
}

type bounds struct {
	X      int `xml:"x,attr"`
	Y      int `xml:"y,attr"`
	Width  int `xml:"width,attr"`
	Height int `xml:"height,attr"`
}

// A modeller shows these files, so they must look as if somebody had drawn
// them with care: everything has its place, edges run orthogonally from border
// to border, and no label lies on a shape or on another label.
func TestLayout(t *testing.T) {
	t.Parallel()

	names, err := fs.Glob(examples.FS, "*.bpmn")
	require.NoError(t, err)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, name)

			nodes := make(map[string]node)
			for _, n := range d.Process.Nodes {
				if n.ID != "" {
					nodes[n.ID] = n
				}
			}
			shapes := make(map[string]bounds)
			labels := make(map[string]bounds)
			for _, s := range d.Plane.Shapes {
				shapes[s.Element] = s.Bounds
				if s.Label.Width > 0 {
					labels[s.Element] = s.Label
				}
			}
			edges := 0
			for _, e := range d.Plane.Edges {
				flow, ok := nodes[e.Element]
				require.True(t, ok, "edge of an unknown flow %q", e.Element)
				require.Equal(t, "sequenceFlow", flow.XMLName.Local)
				require.GreaterOrEqual(t, len(e.Waypoints), 2, e.Element)
				require.True(t, shapes[flow.Source].onBorder(e.Waypoints[0]), "%s starts at its source's border", e.Element)
				require.True(t, shapes[flow.Target].onBorder(e.Waypoints[len(e.Waypoints)-1]), "%s ends at its target's border", e.Element)
				for i, to := range e.Waypoints[1:] {
					from := e.Waypoints[i]
					require.NotEqual(t, from.X == to.X, from.Y == to.Y, "%s runs orthogonally from %v to %v", e.Element, from, to)
				}
				if e.Label.Width > 0 {
					labels[e.Element] = e.Label
				}
				edges++
			}
			require.Len(t, nodes, len(shapes)+edges, "every element has one shape or one edge")

			for element, label := range labels {
				for other, shape := range shapes {
					require.False(t, label.overlaps(shape), "label of %s lies on %s", element, other)
				}
				for other, second := range labels {
					require.False(t, other != element && label.overlaps(second), "labels of %s and %s overlap", element, other)
				}
			}
			for _, n := range nodes {
				if n.Host != "" {
					b := shapes[n.ID]
					centre := point{b.X + b.Width/2, b.Y + b.Height/2}
					require.True(t, shapes[n.Host].onBorder(centre), "%s sits on the border of %s", n.ID, n.Host)
				}
			}
		})
	}
}

// onBorder takes the box for the border. For circles and diamonds that is
// right in the middle of each side, which is where our edges end.
func (b bounds) onBorder(p point) bool {
	within := p.X >= b.X && p.X <= b.X+b.Width && p.Y >= b.Y && p.Y <= b.Y+b.Height
	return within && (p.X == b.X || p.X == b.X+b.Width || p.Y == b.Y || p.Y == b.Y+b.Height)
}

func (b bounds) overlaps(o bounds) bool {
	return b.X < o.X+o.Width && o.X < b.X+b.Width && b.Y < o.Y+o.Height && o.Y < b.Y+b.Height
}

func read(t *testing.T, name string) diagram {
	t.Helper()
	source, err := examples.FS.ReadFile(name)
	require.NoError(t, err)
	var d diagram
	require.NoError(t, xml.Unmarshal(source, &d))
	return d
}
