package pattern_test

import (
	"regexp/syntax"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/pattern"
)

func TestSizeIsNoSmallerThanTheProgram(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "abc", "a|bc|d", "[a-z]+@x", "(a{3}){4}", "((a|b)*c?){2,}", "(?:[ab]{0,1000}){1}", "a{1000}b{2,7}", "(?i)straße", "^$", "(((x)))", `\bx\B`, "(?:){5}",
	} {
		re, err := syntax.Parse(text, syntax.Perl)
		require.NoError(t, err, text)
		size := pattern.Size(re)
		program, err := syntax.Compile(re.Simplify())
		require.NoError(t, err, text)
		require.GreaterOrEqual(t, size+2, len(program.Inst), text) // fail and match
		require.LessOrEqual(t, size, 4*len(program.Inst)+4, text)
	}
}
