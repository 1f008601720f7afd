package workitem

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/postlude/postlude/internal/pattern"
)

// Limits of a regular expression that selects items.
const (
	maxPattern = 1 << 10 // bytes
	maxProgram = 1 << 10 // instructions
)

var errPatternTooLarge = errors.New("regular expression is too large")

// Clone returns a deep copy, except that bytes are shared.
func (it Items) Clone() Items {
	c := make(Items, len(it)+4)
	for name, values := range it {
		c[name] = cloneList(values)
	}
	return c
}

// Merge copies from other the items that it does not have. The values are
// shared, not copied.
func (it Items) Merge(other Items) {
	for name, values := range other {
		if _, ok := it[name]; !ok {
			it[name] = values
		}
	}
}

// Select returns a deep copy of some of the items. A name is one of
//
//   - the name of an item that exists;
//   - "name|other": the item, under the other name;
//   - else a regular expression: every item in whose name it is found.
//
// Names of items that do not exist select nothing. The error says which regular
// expression does not compile, or is too large: longer than 1 KiB, or with
// repetitions that multiply to more than about 1,000 characters.
func (it Items) Select(names ...string) (Items, error) {
	selected := Items{}
	for _, name := range names {
		from, to, renamed := strings.Cut(name, "|")
		if !renamed {
			to = from
		}
		if values, ok := it[normalizeName(from)]; ok {
			selected[normalizeName(to)] = cloneList(values)
			continue
		}
		if renamed {
			continue
		}
		expression, err := compilePattern(name)
		if err != nil {
			return nil, fmt.Errorf("select items: %w", err)
		}
		for found, values := range it {
			if expression.MatchString(found) {
				selected[found] = cloneList(values)
			}
		}
	}
	return selected, nil
}

// compilePattern looks at the size first: what compiles to much costs much.
func compilePattern(text string) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, errPatternTooLarge
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if pattern.Size(tree) > maxProgram {
		return nil, errPatternTooLarge
	}
	return regexp.Compile(text)
}

// cloneList copies lists and maps. Bytes are shared: nobody writes into them, and
// a split must not double a file.
func cloneList(values []any) []any {
	c := make([]any, len(values))
	for i, v := range values {
		c[i] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case List:
		return cloneList(v)
	case Map:
		m := make(Map, len(v))
		for k, e := range v {
			m[k] = cloneValue(e)
		}
		return m
	}
	return v
}
