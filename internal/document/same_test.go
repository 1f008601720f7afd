package document_test

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// same reports whether two values are the same, NaN and the sign of zero
// included.
func same(want, got any) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && (math.Float64bits(w) == math.Float64bits(g) || (math.IsNaN(w) && math.IsNaN(g)))
	case time.Time:
		g, ok := got.(time.Time)
		return ok && w.Equal(g)
	case []byte:
		g, ok := got.([]byte)
		return ok && bytes.Equal(w, g)
	case workitem.List:
		g, ok := got.(workitem.List)
		return ok && slices.EqualFunc(w, g, same)
	case workitem.Map:
		g, ok := got.(workitem.Map)
		return ok && maps.EqualFunc(w, g, same)
	}
	return want == got
}

func sameItems(want, got workitem.Items) bool {
	return maps.EqualFunc(want, got, func(a, b []any) bool { return slices.EqualFunc(a, b, same) })
}
