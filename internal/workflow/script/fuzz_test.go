package script_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// Whatever a script is, it ends within its limit, harms neither the workitem's
// form nor the next script, and does not panic.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		"var result={a:1}", "workitem.setItemValue('a',[1,{b:2}])", "workitem.space.team[0]", "workitem.get('a')[0]", "let result={...workitem}",
		"workitem.a.b+=1", "delete workitem.a.b", "workitem.a.b++", "workitem.a=1", "typeof event.x", "result=workitem.a", "async()=>{}",
		"'x'.repeat(2e9)", "/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')", "while(true){}",
	} {
		f.Add(seed)
	}
	const limit = 100 * time.Millisecond
	var e script.Engine
	next := script.Compile("result={a:workitem.getItemValueString('name')}")
	f.Fuzz(func(t *testing.T, source string) {
		p := script.Compile(source)
		it, event := sample(), workitem.Items{"a.b": {"x"}}
		begin := time.Now()
		result, ok, err := e.Rule(p, it, event, limit)
		require.Less(t, time.Since(begin), limit+5*time.Second)
		require.True(t, ok || result == nil)
		for _, items := range []workitem.Items{it, event, result} {
			require.NoError(t, items.Check())
			_, err := workitem.ParseJSON(workitem.AppendJSON(nil, items))
			require.NoError(t, err)
		}
		var failed *script.Error
		require.True(t, err == nil || errors.As(err, &failed))
		_, _ = e.Holds(p, sample(), limit)
		after, _, err := e.Rule(next, sample(), event, 10*time.Second)
		require.NoError(t, err)
		require.Equal(t, workitem.Items{"a": {"Anna"}}, after)
	})
}
