package script

import (
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// What a script puts off, in a place that is run when its result is read, must
// not be run by the next one. Compile refuses what could do so; this is what
// holds if it should miss something.
func TestNothingIsLeftToTheNextScript(t *testing.T) {
	t.Parallel()
	const later = "(async function(){await null; workitem.setItemValue('leaked','from A: '+workitem.getItemValueString('name'))})();"
	for name, leak := range map[string]string{
		"at once":                  later + " var result={}",
		"a getter":                 "var result={get x(){" + later + " return 1}}",
		"a getter that throws":     "var result={get x(){" + later + " throw 1}}",
		"a text":                   "var result={x:{toString(){" + later + " return ''}}}",
		"the text of an exception": "throw {toString(){" + later + " return ''}}",
		"a member of a map":        "workitem.setItemValue('m',{get x(){" + later + " return 1}}); var result={}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e Engine
			items := workitem.Items{"name": {"A"}}
			_, _, _ = e.Rule(&Program{code: goja.MustCompile("leak", leak, false)}, items, nil, time.Second)
			other := workitem.Items{"name": {"B"}}
			_, _, err := e.Rule(Compile("var y=1"), other, nil, time.Second)
			require.NoError(t, err)
			require.Equal(t, workitem.Items{"name": {"B"}}, other)
		})
	}
}
