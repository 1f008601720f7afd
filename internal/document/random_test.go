package document_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// generator makes items at random. Its texts hold what the form can.
type generator struct {
	*rand.Rand
	runes []rune
}

// seeded returns a generator whose seed the test prints if it fails.
func seeded(t *testing.T, runes string) generator {
	t.Helper()
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return generator{rand.New(rand.NewPCG(seed, 0)), []rune(runes)}
}

const (
	xmlRunes  = "abcXYZ019@ \t\n\r\"'<>&]-$._:äöüß€😀\u0085\u2028\ufffd\U0010ffff"
	jsonRunes = xmlRunes + "\\/\x01\x08\x0c\x1f\x7f\ufffe\uffff"
)

func (g generator) items() workitem.Items {
	it := workitem.Items{}
	for i := range g.IntN(6) {
		it[fmt.Sprintf("item.%d<&\"", i)] = g.list(3)
	}
	return it
}

func (g generator) list(depth int) workitem.List {
	list := workitem.List{}
	for range g.IntN(4) {
		list = append(list, g.value(depth))
	}
	return list
}

func (g generator) value(depth int) any {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch g.IntN(kinds) {
	case 0:
		return g.integer()
	case 1:
		return g.double()
	case 2:
		return g.IntN(2) == 0
	case 3:
		return time.UnixMilli(g.Int64N(253402300800000+62167219200000) - 62167219200000).UTC()
	case 4:
		bytes := make([]byte, g.IntN(5))
		for i := range bytes {
			bytes[i] = byte(g.IntN(256))
		}
		return bytes
	case 5:
		return g.text()
	case 6:
		return g.list(depth - 1)
	default:
		m := workitem.Map{}
		for range g.IntN(3) {
			m[g.name()] = g.list(depth - 1)
		}
		return m
	}
}

// name is a text that all forms take as a name.
func (g generator) name() string {
	for {
		if name := g.text(); workitem.ValidName(name) {
			return name
		}
	}
}

func (g generator) text() string {
	if g.IntN(8) == 0 {
		return "2024-03-05T14:07:09.123Z" // what plain JSON takes for a date
	}
	runes := make([]rune, g.IntN(8))
	for i := range runes {
		runes[i] = g.runes[g.IntN(len(g.runes))]
	}
	return string(runes)
}

func (g generator) integer() int64 {
	edges := []int64{0, -1, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1, math.MinInt32 - 1, math.MaxInt64, math.MinInt64}
	if g.IntN(2) == 0 {
		return edges[g.IntN(len(edges))]
	}
	return g.Int64() - g.Int64()
}

func (g generator) double() float64 {
	edges := []float64{
		0, math.Copysign(0, -1), 1, 0.1, 1e7, 9999999.999, 1e-3, 0.000999, 1e21, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53,
	}
	if g.IntN(2) == 0 {
		return edges[g.IntN(len(edges))]
	}
	return math.Float64frombits(g.Uint64())
}
