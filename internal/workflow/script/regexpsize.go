package script

import (
	"errors"
	"regexp/syntax"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"github.com/postlude/postlude/internal/pattern"
)

// Limits of regular expressions that do not backtrack. The engine runs them by
// Go's own library, where a match cannot be stopped, so that its time has to be
// known before. Those that backtrack have [regexpLimit].
const (
	maxLiteral  = 4 << 10   // bytes of one that a script spells
	maxProgram  = 5_000     // instructions of one
	maxPrograms = 20_000    // instructions of all that a script spells
	maxSteps    = 4_000_000 // instructions times characters of one match: some 100 ms
	maxSizes    = 64        // how many sizes are remembered
)

var errPatternTooLarge = errors.New("regular expression is too large")

// patternSize returns how many instructions a pattern has, 0 for one that
// backtracks or is none. It counts for the flag u and without it, and takes the
// larger number.
func patternSize(text string) int {
	size := 0
	for _, unicode := range []bool{false, true} {
		// The same way the engine goes, up to where it compiles.
		transformed, err := parser.TransformRegExp(text, false, unicode)
		if err != nil {
			continue
		}
		if tree, err := syntax.Parse(transformed, syntax.Perl); err == nil {
			size = max(size, pattern.Size(tree))
		}
	}
	return size
}

// patternSizes remembers the sizes of patterns that are matched again and again.
type patternSizes map[string]int

func (p patternSizes) of(text string) int {
	size, ok := p[text]
	if !ok {
		if len(p) >= maxSizes {
			clear(p)
		}
		size = patternSize(text)
		p[text] = size
	}
	return size
}

// patternBudget is what the regular expressions that a script spells may take
// together. They are compiled with it.
type patternBudget struct{ spent int }

func (b *patternBudget) spend(literal *ast.RegExpLiteral) error {
	if len(literal.Pattern) > maxLiteral {
		return errPatternTooLarge
	}
	size := patternSize(literal.Pattern)
	if b.spent += size; size > maxProgram || b.spent > maxPrograms {
		return errPatternTooLarge
	}
	return nil
}
