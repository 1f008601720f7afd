package script_test

import (
	"runtime"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// An error is a text, made within the limits of the script.
func TestErrorsArePlain(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	var e script.Engine
	for source, text := range map[string]string{
		"throw {toString(){for(;;);}}":       "time limit",
		"throw {get toString(){for(;;);}}":   "time limit",
		"throw {toString(){throw 1}}":        "without a text",
		"throw {toString(){return {}}}":      "without a text",
		"throw Object.create(null)":          "without a text",
		"throw {toString(){return 'mine'}}":  "mine",
		"throw 'x'.repeat(262144)":           "xxx",
		"throw 'ä'.repeat(262144)":           "äää",
		"throw new Error('é'.repeat(99999))": "Error: ééé",
		"throw undefined":                    "undefined",
		"function f(){return f()} f()":       "too deep",
		"workitem.zzz[0]":                    "TypeError",
		"((":                                 "Unexpected",
	} {
		for kind, run := range map[string]func() error{
			"condition": func() error { _, err := e.Holds(script.Compile(source), sample(), limit); return err },
			"rule":      func() error { _, _, err := e.Rule(script.Compile(source), sample(), nil, limit); return err },
			"getter": func() error {
				_, _, err := e.Rule(script.Compile("var result={get x(){"+source+"}}"), sample(), nil, limit)
				return err
			},
		} {
			err := run()
			require.Error(t, err, kind+source)
			require.Less(t, len(err.Error()), 1200, kind+source)
			require.True(t, utf8.ValidString(err.Error()), kind+source)
			require.Contains(t, err.Error(), text, kind+source)
			var exception *goja.Exception
			require.NotErrorAs(t, err, &exception, kind+source)
		}
	}
}

// allocate makes and drops memory until the test is over.
func allocate(t *testing.T) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			kept := make([][]byte, 150)
			for i := range kept {
				kept[i] = make([]byte, 1<<20)
			}
			<-time.After(5 * time.Millisecond)
			runtime.KeepAlive(kept)
		}
	}()
}

// The memory of others, whether scripts or not, does not stop a script.
func TestMemoryOfOthersDoesNotCount(t *testing.T) {
	var e script.Engine
	innocent := script.Compile("var n=0; for (var i=0; i<200000; i++) { n+=i%7 } var result={n:n}")
	allocate(t)
	for range 20 {
		items := workitem.Items{}
		result, _, err := e.Rule(innocent, items, nil, time.Minute)
		require.NoError(t, err)
		require.True(t, result.Has("n"))
	}
	eater := script.Compile("workitem.setItemValue('a',1); var a=[]; for(;;) a=[a,a]")
	var group sync.WaitGroup
	items := workitem.Items{"n": {int64(1)}}
	var err error
	group.Go(func() { _, _, err = e.Rule(eater, items, nil, time.Minute) })
	for range 5 {
		_, _, err := e.Rule(innocent, workitem.Items{}, nil, time.Minute)
		require.NoError(t, err)
	}
	group.Wait()
	require.ErrorIs(t, err, script.ErrMemoryLimit)
	require.Equal(t, workitem.Items{"n": {int64(1)}}, items)
}

func TestARuleThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	var e script.Engine
	items, event := workitem.Items{"a": {"x"}, "b": {"y"}}, workitem.Items{"c": {"z"}}
	const source = "workitem.setItemValue('a',1).appendItemValue('b',2).removeItem('b').setTaskID(5); event.setItemValue('d',1).removeItem('c'); "
	_, _, err := e.Rule(script.Compile(source+"throw 1"), items, event, time.Second)
	require.Error(t, err)
	require.Equal(t, workitem.Items{"a": {"x"}, "b": {"y"}}, items)
	require.Equal(t, workitem.Items{"c": {"z"}}, event)
	_, _, err = e.Rule(script.Compile(source), items, event, time.Second)
	require.NoError(t, err)
	require.Equal(t, workitem.Items{"d": {int64(1)}}, event)
}

func TestWhatCannotBeStoredIsRefused(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for source, text := range map[string]string{
		"workitem.setItemValue('a',{'x\\u0000':1})":               "U+0000",
		"workitem.setItemValue('a',{'x\\ud800':1})":               "surrogate",
		"var result={a:1}; result['x\\u0000']=1":                  "U+0000",
		"workitem.setTaskID(Infinity)":                            "RangeError",
		"workitem.setTaskID(1e300)":                               "RangeError",
		"workitem.setEventID(-3e9)":                               "RangeError",
		"workitem.setTaskID('7abc')":                              "TypeError",
		"workitem.setEventID(NaN)":                                "TypeError",
		"workitem.setEventID()":                                   "TypeError",
		"for(var i=0;;i++) workitem.purgeItemValue(''+i)":         "RangeError",
		"var result={}; for(var i=0;i<20000;i++) result['m'+i]=1": "RangeError",
		"for(var i=0;;i++) workitem.setItemValueUnique('m'+i,[])": "RangeError",
	} {
		_, _, err := e.Rule(script.Compile(source), workitem.Items{}, nil, 10*time.Second)
		require.ErrorContains(t, err, text, source)
		require.NotErrorIs(t, err, script.ErrTimeLimit, source)
	}
	items := workitem.Items{}
	_, _, err := e.Rule(script.Compile("workitem.setTaskID('7').setEventID(2147483647)"), items, nil, time.Second)
	require.NoError(t, err)
	require.Equal(t, []int{7, 2147483647}, []int{items.Int(workitem.TaskID), items.Int(workitem.EventID)})
}
