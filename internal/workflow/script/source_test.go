package script_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

func fixed(now time.Time, random float64) *script.Engine {
	return &script.Engine{Now: func() time.Time { return now }, Random: func() float64 { return random }}
}

func ask(t *testing.T, e *script.Engine) workitem.Items {
	t.Helper()
	const source = "var result={a:new Date(), b:Date.now(), c:Date().indexOf('2031')>0, random:Math.random()}"
	result, ok, err := e.Rule(script.Compile(source), workitem.Items{}, workitem.Items{}, time.Second)
	require.NoError(t, err)
	require.True(t, ok)
	return result
}

// Scripts see the clock and the numbers of their engine, by whatever way they
// ask.
func TestScriptsSeeTheSourcesOfTheirEngine(t *testing.T) {
	t.Parallel()
	early, late := time.UnixMilli(1000).UTC(), time.Date(2031, 5, 6, 7, 8, 9, 10e6, time.UTC)
	one, other := fixed(early, 0.25), fixed(late, 0.75)
	for range 2 { // the second time in a sandbox that was kept
		require.Equal(t, workitem.Items{"a": {early}, "b": {early.UnixMilli()}, "c": {false}, "random": {0.25}}, ask(t, one))
		require.Equal(t, workitem.Items{"a": {late}, "b": {late.UnixMilli()}, "c": {true}, "random": {0.75}}, ask(t, other))
	}
}

func TestEverySandboxHasTheSources(t *testing.T) {
	t.Parallel()
	e := fixed(time.UnixMilli(1000), 0.25)
	p := script.Compile("for (var i=0; i<2000; i++) {} Date.now()===1000 && Math.random()===0.25")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if holds, err := e.Holds(p, nil, time.Minute); !holds {
				t.Errorf("another clock, or other numbers: %v", err)
			}
		})
	}
	group.Wait()
}

func TestTheSourcesAreRealOnesOtherwise(t *testing.T) {
	t.Parallel()
	var e script.Engine
	before := time.Now().Truncate(time.Millisecond)
	got := ask(t, &e)
	require.WithinRange(t, got.Date("a"), before, time.Now())
	require.NotEqual(t, got["random"], ask(t, &e)["random"])
}
