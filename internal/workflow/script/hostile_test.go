package script_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// slow is what a machine that is busy with other tests may take.
const slow = 10

// repeated is a script of a length that repeats its middle.
func repeated(length int, before, middle, after string) string {
	n := (length - len(before)) / (len(middle) + len(after))
	return before + strings.Repeat(middle, n) + "1" + strings.Repeat(after, n)
}

func hostileShapes(length int) map[string]string {
	return map[string]string{
		"members":     repeated(length, "workitem", ".a", "")[:length],
		"minus":       repeated(length, "workitem.a", "-a", ""),
		"minus tails": repeated(length, "workitem.a", "-a.b.c.d.e.f.g.h.i.j.k.l.m.n", ""),
		"right tail":  repeated(length, "workitem.a-b", ".c", ""),
		"indices":     repeated(length, "workitem.a", "[0]", ""),
		"plus":        repeated(length, "1", "+1", "")[:length],
		"texts":       repeated(length, "''", "+'a'", ""),
		"parentheses": repeated(length, "", "(", ")"),
		"arrays":      repeated(length, "", "[", "]"),
		"objects":     repeated(length, "x=", "{a:", "}"),
		"functions":   repeated(length, "", "(function(){", "})"),
		"arrows":      repeated(length, "", "a=>", ""),
		"blocks":      repeated(length, "", "{let a;", "}"),
		"ternaries":   repeated(length, "", "a?a:", ""),
		"tests":       repeated(length, "", "a?", ":a"),
		"templates":   repeated(length, "", "`${", "}`"),
		"signs":       repeated(length, "", "- ", ""),
		"nots":        repeated(length, "", "!", ""),
		"ifs":         repeated(length, "", "if(a)", ""),
		"elses":       repeated(length, "", "if(a){}else ", ""),
		"assignments": repeated(length, "", "a=", ""),
		"calls":       repeated(length, "a", "()", ""),
		"news":        repeated(length, "", "new ", ""),
		"text":        repeated(length, "'", "a", "")[:length-1] + "'",
		"open":        strings.Repeat("(", length),
		"variables":   repeated(length, "", "var a;", ""),
		"declared":    "var a0" + strings.Join(numbered(length/8, ",a%d"), ""),
		"named":       strings.Join(numbered(length/24, "function f%d(){};"), ""),
	}
}

func numbered(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i+1)
	}
	return list
}

func TestCompilingTakesTimeInProportion(t *testing.T) {
	t.Parallel()
	for _, length := range []int{16<<10 - 40, 256<<10 - 40} {
		for name, source := range hostileShapes(length) {
			begin := time.Now()
			script.Compile(source)
			limit := slow * 100 * time.Millisecond
			if length > 16<<10 {
				limit *= 10
			}
			require.Less(t, time.Since(begin), limit, "%s of %d bytes", name, length)
		}
	}
}

func TestALongScript(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for _, line := range []string{
		"// a comment, (with [ brackets and 'quotes\n",
		"/* (((( */ x = x + 1;\n",
		"if (x > 5) { x = (x + 2) / 2 / 1 } else if (x < 3) { x++ }\n",
		"x = /[(\"]\\(/.test('((') ? 1 : `${x}(${ {a: 1}.a }`;\n",
		"x = Math.abs(x) / 2\nMath.abs(x)\n",
		"function f(a) { return [1, 2, (a)] }\n",
		"x += 'it\\'s (' + \"(\"\nx = 1\n",
	} {
		source := "var x = 0;\n" + strings.Repeat(line, 100<<10/len(line)) + "true"
		holds, err := e.Holds(script.Compile(source), nil, 20*time.Second)
		require.NoError(t, err, line)
		require.True(t, holds, line)
	}
	require.Error(t, script.Compile(strings.Repeat("//\n", 100<<10)).Err())
}

// What hides brackets from a look at the text does not hide them from the parser.
func TestNestingIsSeen(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 100<<10)
	for _, before := range []string{
		"", "'\\'';", "x = /'/;", "x = /[/'\"]/;", "if (x) /'/;", "{} /`/;", "x = `${'`'}`;", "x = `${`${1}`}`;", "// ` \n", "/* ' */",
		"return\u00a0/'/;", "x++ /'/1;", "class\nA extends B{};", "'a\\\r\n';", "x = 1 / '2' / 3;", "return /`/;", "//\u2028",
	} {
		require.ErrorContains(t, script.Compile(before+deep).Err(), "script ", before)
	}
	for _, chain := range []string{"class\nextends\n", "if(a)\n", "do\n", "else\n", "x=>\n", "{}+", "if(a)b;else\n", "if(a){}else\n", "new\n", "function\nf(){"} {
		require.ErrorContains(t, script.Compile(strings.Repeat(chain, 200<<10/len(chain))).Err(), "script ", chain)
	}
}

func TestAsyncFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"async function f(){}", "var f=async()=>{}", "(async function(){ await 1 })()", "class A { async m(){} }", "x={async m(){}}", "x={async *m(){}}",
		"async function* g(){}", "async x=>1",
	} {
		require.Error(t, script.Compile(source).Err(), source)
	}
	require.ErrorContains(t, script.Compile("var f=async()=>{}").Err(), "async function")
	require.NoError(t, script.Compile("function* g(){yield 1}; var async=1; async").Err())
}

func TestRegularExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	var e script.Engine
	states := strings.Repeat("[ab]{0,1000}", 85) + "c"
	for name, source := range map[string]string{
		"literal":         "/" + states + "/.test('ab'.repeat(1500))",
		"compiled":        "new RegExp('" + strings.Repeat("[ab]{0,1000}", 80) + "c').test('ab'.repeat(32000))",
		"called":          "RegExp('(a{1000}){1}'.repeat(70))",
		"match":           "'ab'.repeat(1500).match('[ab]{0,1000}'.repeat(80))",
		"flag":            "new RegExp(/" + strings.Repeat(`\\u{1000}`, 50) + "/u, '').test('u'.repeat(60000))",
		"steps":           "/[ab]{0,1000}c/.test('ab'.repeat(32000))",
		"steps of a fake": "var r=/[ab]{0,1000}c/; Object.defineProperty(r,'source',{value:'a'}); r.test('ab'.repeat(32000))",
		"replace":         "'ab'.repeat(32000).replace(/[ab]{0,1000}c/g,'')",
		"split":           "'ab'.repeat(32000).split(/[ab]{0,1000}c/)",
		"many":            strings.Repeat("/a{1000}b{1000}/;", 20),
		"long":            "/" + strings.Repeat("a", 5000) + "/",
		"groups":          "/" + strings.Repeat("(a)?", 900) + "/.test('a'.repeat(60000))",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			_, err := e.Holds(script.Compile(source), nil, time.Second)
			require.ErrorContains(t, err, "regular expression")
			require.Less(t, time.Since(begin), slow*200*time.Millisecond)
		})
	}
	for _, source := range []string{
		"/^[a-z0-9._%+-]{1,64}@([a-z0-9-]+\\.)+[a-z]{2,24}$/i.test('anna@example.org')",
		"/^(a|b){2,500}$/.test('ab'.repeat(100))",
		"/needle/.test('x'.repeat(60000)+'needle')",
		"/(?=a)a/.test('a') && new RegExp(/a/g,'i').test('A')",
	} {
		holds, err := e.Holds(script.Compile(source), nil, 10*time.Second)
		require.NoError(t, err, source)
		require.True(t, holds, source)
	}
}

func TestAMatchIsShort(t *testing.T) {
	t.Parallel()
	var e script.Engine
	begin := time.Now()
	_, _ = e.Holds(script.Compile("/[ab]{0,900}c/.test('ab'.repeat(1000))===false"), nil, 10*time.Second)
	require.Less(t, time.Since(begin), slow*100*time.Millisecond)
}

func TestPurgingIsShort(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for _, last := range []string{"purgeItemValue('a')", "appendItemValueUnique('a','x')", "setItemValueUnique('b',[1,1])"} {
		p := script.Compile("for (var j=0;j<6;j++) { var v=[]; for (var i=0;i<9000;i++) v.push(j*9000+i); workitem.appendItemValue('a',v) } workitem." + last)
		begin := time.Now()
		items := workitem.Items{}
		_, _, err := e.Rule(p, items, workitem.Items{}, 20*time.Second)
		require.NoError(t, err)
		require.Greater(t, len(items["a"]), 50_000)
		require.Less(t, time.Since(begin), slow*500*time.Millisecond)
	}
}
