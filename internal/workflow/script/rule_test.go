package script_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

func TestRuleGivesTheMembersOfItsResult(t *testing.T) {
	t.Parallel()
	date := time.UnixMilli(1709647629123).UTC()
	var e script.Engine
	for source, want := range map[string]workitem.Items{
		"":                                 nil,
		"true":                             nil,
		"var a=1":                          nil,
		"result={};":                       {},
		"var result={}":                    {},
		"var result=null":                  {},
		"if(false){var result}":            {},
		"var result=5":                     {},
		"var result=['p']":                 {},
		"var result=workitem":              {},
		"var result={a:1,B:'x'}":           {"a": {int64(1)}, "b": {"x"}},
		"let result={a:1}":                 {"a": {int64(1)}},
		"const result={a:1}":               {"a": {int64(1)}},
		"let x=1,result={a:x}":             {"a": {int64(1)}},
		"(function(){var result={a:1}})()": nil,
		"{let result={a:1}}":               nil,
		"result={a:1}; result={b:2}":       {"b": {int64(2)}},

		"result={a:2.0,b:2.5,c:2147483648,d:9007199254740992}":                  {"a": {int64(2)}, "b": {2.5}, "c": {int64(2147483648)}, "d": {int64(1 << 53)}},
		"result={a:1e300,b:-3}":                                                 {"a": {1e300}, "b": {int64(-3)}},
		"result={a:10/4,b:10/5,c:'5'*2,d:parseInt('42')}":                       {"a": {2.5}, "b": {int64(2)}, "c": {int64(10)}, "d": {int64(42)}},
		"result={a:true,b:[1,'x',false,2.5],c:[]}":                              {"a": {true}, "b": {int64(1), "x", false, 2.5}, "c": {}},
		"result={a:null,b:undefined,c:function(){},d:[null,,1]}":                {"d": {int64(1)}},
		"result={a:{b:1},c:[{d:1},['x'],2]}":                                    {"c": {int64(2)}},
		"result={a:new Date(0),b:[new Date(0)],c:new Date(NaN)}":                {"a": {time.UnixMilli(0).UTC()}, "b": {time.UnixMilli(0).UTC()}},
		"result={a:workitem.getItemValueDate('d')}":                             {"a": {date}},
		"result={a:workitem.getItemValue('a'),b:workitem.getItemValue('nope')}": {"a": {"x", "y"}, "b": {}},
		"result={a:workitem.getItemValue('kids')}":                              {"a": {workitem.Map{"x": workitem.List{"1"}}}},
		"result={a:workitem.name,b:workitem.nope}":                              {"a": {true}},
		"result={a:workitem.name[0],b:workitem['amount'][0]*2}":                 {"a": {"Anna"}, "b": {int64(25)}},
		"result={a:workitem.flag[0],b:workitem.d[0]}":                           {"a": {"true"}, "b": {"Tue Mar 05 14:07:09 UTC 2024"}},
		"result={a:workitem.get('amount'),b:workitem.get('name')[0]}":           {"a": {"12.5"}, "b": {"Anna"}},
		"result={a:event.txtname[0],b:event.getItemValueInteger('num')}":        {"a": {"ev"}, "b": {int64(5)}},
		"result={A:1,a:2}":            {"a": {int64(2)}},
		"result={' a ':1}":            {"a": {int64(1)}},
		"result=Object.create({a:1})": {},
		"class X { constructor(){ this.a=1 } }; result=new X()": {"a": {int64(1)}},
		"result={...{a:1}}": {"a": {int64(1)}},
		"result={a:`hi ${workitem.getItemValueString('name')}`}": {"a": {"hi Anna"}},
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			event := workitem.Items{"txtname": {"ev"}, "num": {int64(5)}}
			got, ok, err := e.Rule(script.Compile(source), sample(), event, 5*time.Second)
			require.NoError(t, err)
			require.Equal(t, want != nil, ok)
			require.Equal(t, want, got)
		})
	}
}

func TestRuleChangesItems(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for source, want := range map[string]workitem.Items{
		"workitem.setItemValue('Z',5)":                                  {"z": {int64(5)}},
		"workitem.setItemValue('z',[1,2.5,[3]])":                        {"z": {int64(1), 2.5, workitem.List{int64(3)}}},
		"workitem.setItemValue('z',{a:[1],b:{c:null}})":                 {"z": {workitem.Map{"a": workitem.List{int64(1)}, "b": workitem.Map{}}}},
		"workitem.setItemValue('z',[])":                                 {"z": {}},
		"workitem.setItemValue('z',new Date(0))":                        {"z": {time.UnixMilli(0).UTC()}},
		"workitem.setItemValue('z',new String('x'))":                    {"z": {"x"}},
		"workitem.setItemValue('z',workitem.a)":                         {"z": {"x", "y"}},
		"workitem.setItemValue('z','t').setItemValue('z','u')":          {"z": {"u"}},
		"workitem.replaceItemValue('z','t')":                            {"z": {"t"}},
		"workitem.appendItemValue('z','t').appendItemValue('z',1)":      {"z": {"t", int64(1)}},
		"workitem.appendItemValue('z',null)":                            {},
		"workitem.insertItemValue('z','t').insertItemValue('z',1)":      {"z": {int64(1), "t"}},
		"workitem.setItemValueUnique('z',['x','','x'])":                 {"z": {"x"}},
		"workitem.appendItemValueUnique('z',['x','y','x'])":             {"z": {"x", "y"}},
		"workitem.setItemValueUnique('z',null)":                         {},
		"workitem.setItemValue('z',[1,1]).purgeItemValue('z')":          {"z": {int64(1)}},
		"workitem.setItemValue('z',1); workitem.removeItem('Z')":        {},
		"workitem.setItemValue('z',1); workitem.setItemValue('z',null)": {},
		"workitem.setTaskID(7); workitem.setEventID(8)":                 {"$taskid": {int64(7)}, "$processid": {int64(7)}, "$eventid": {int64(8)}},
		"workitem.setType('x').setWorkflowGroup('g')":                   {"type": {"x"}, "$workflowgroup": {"g"}},
		"try{workitem.setItemValue('z',workitem)}catch(e){}":            {},
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			it, changed := sample(), sample()
			maps.Copy(changed, want)
			_, _, err := e.Rule(script.Compile(source), it, workitem.Items{}, 5*time.Second)
			require.NoError(t, err)
			require.Equal(t, changed, it)
		})
	}
	event := workitem.Items{"a": {"1"}}
	_, _, err := e.Rule(script.Compile("event.setItemValue('a','2')"), sample(), event, 5*time.Second)
	require.NoError(t, err)
	require.Equal(t, workitem.Items{"a": {"2"}}, event)
}

func TestRuleFails(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for source, reason := range map[string]string{
		"var result={":                                "Unexpected",
		"nope()":                                      "nope",
		"workitem.name='x'":                           "setItemValue",
		"workitem.other='x'":                          "setItemValue",
		"event.x":                                     "event",
		"workitem.getItemValue('a').get(99)":          "out of range",
		"workitem.setItemValue('z',workitem)":         "cannot be an item value",
		"workitem.setItemValue('z',function(){})":     "cannot be an item value",
		"workitem.setItemValue('z',/x/)":              "cannot be an item value",
		"workitem.setItemValue('z',new Map())":        "cannot be an item value",
		"workitem.setItemValue('z','\\u0000')":        "U+0000",
		"workitem.setItemValue('\\u0000','x')":        "U+0000",
		"workitem.setItemValue('z',new Date(8e15))":   "9999",
		"a=[];a[0]=a;workitem.setItemValue('z',a)":    "nested deeper",
		"a={};a.a=a;workitem.setItemValue('z',a)":     "nested deeper",
		"result={get a(){throw new Error('thrown')}}": "thrown",
		"result={a:'\\u0000'}":                        "U+0000",
		"var result={};Object.defineProperty(globalThis,'result',{get(){throw new Error('thrown')}})": "Cannot redefine",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			_, ok, err := e.Rule(script.Compile(source), sample(), nil, 5*time.Second)
			var failed *script.Error
			require.ErrorAs(t, err, &failed)
			require.ErrorContains(t, err, reason)
			require.False(t, ok)
		})
	}
}

// What a script may write is bounded, however it writes it.
func TestWhatARuleWritesIsBounded(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for _, source := range []string{
		"var s='x'.repeat(1e5); for(var i=0;;i++) workitem.setItemValue('z'+i,s)",
		"var s='x'.repeat(1e5); for(;;) workitem.appendItemValue('z',s)",
		"for(;;) workitem.appendItemValue('z',1)",
		"for(var i=0;;i++) workitem.setItemValue('z'+i,1)",
		"for(var n='x';;) { n+='xxxxxxxx'; workitem.setItemValue(n,1) }",
		"var s='x'.repeat(1e5); result={a:new Array(100).fill(s)}",
		"var s='x'.repeat(1e5); result={}; for(var i=0;i<100;i++) result['m'+i]=s",
		"var a=new Array(9000).fill(1); result={}; for(var i=0;i<100;i++) result['m'+i]=a",
		"var a=[1]; for(var i=0;i<30;i++) a=[a,a]; workitem.setItemValue('z',a)",
		"result={a:new Array(20000).fill(1)}",
	} {
		begin := time.Now()
		_, _, err := e.Rule(script.Compile(source), sample(), nil, 10*time.Second)
		require.Error(t, err, source)
		require.NotErrorIs(t, err, script.ErrTimeLimit, source)
		require.Less(t, time.Since(begin), 9*time.Second, source)
	}
}

// Native functions are bounded in rules as they are in conditions.
func TestRuleLimits(t *testing.T) {
	const limit = 300 * time.Millisecond
	var e script.Engine
	for name, source := range map[string]string{
		"endless":              "while(true){}",
		"endless, in a getter": "result={get a(){while(true){}}}",
		"endless, in a caught": "while(true){try{while(true){}}catch(e){}}",
		"call depth":           "function f(){return f()} f()",
		"regular expression":   `/(x+x+)+\1y/.test('x'.repeat(60))`,
		"repeat":               "'x'.repeat(2e9)",
		"padStart":             "'x'.padStart(2e9)",
		"padEnd":               "'x'.padEnd(2e9)",
		"join":                 "new Array(1e9).join('x')",
		"join of texts":        "var s='x'.repeat(2e5); new Array(1e4).fill(s).join()",
		"fill":                 "new Array(4e9).fill(1)",
		"sort":                 "var a=new Array(5e4).fill(1); a.sort()",
		"apply":                "Math.max.apply(null,{length:1e9})",
		"spread":               "[...new Array(1e9)]",
		"replace":              "'x'.repeat(2e5).replace(/x/g,'y'.repeat(2e5))",
		"concatenation":        "var s='x'; for(;;) s+=s",
		"memory":               "var a=[]; for(;;) a.push({})",
		"written text":         "workitem.setItemValue('z',{toString(){for(;;);}}+'')",
		"name":                 "workitem.setItemValue({toString(){for(;;);}},1)",
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, ok, err := e.Rule(script.Compile(source), sample(), nil, limit)
			require.Error(t, err)
			require.False(t, ok)
			require.Less(t, time.Since(begin), limit+3*time.Second)
			if strings.HasPrefix(name, "endless") {
				require.ErrorIs(t, err, script.ErrTimeLimit)
			}
			result, ok, err := e.Rule(script.Compile("result={a:1}"), sample(), nil, limit)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, workitem.Items{"a": {int64(1)}}, result)
		})
	}
}

// An endless script costs its own time, and nobody else's.
func TestAnEndlessScriptHarmsNobodyElse(t *testing.T) {
	const limit = 500 * time.Millisecond
	var e script.Engine
	var wg sync.WaitGroup
	endless := script.Compile("while(true){}")
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { _, _, errs[i] = e.Rule(endless, sample(), nil, limit) })
	}
	other := script.Compile("result={a:workitem.getItemValueDouble('amount')}")
	begin := time.Now()
	for range 50 {
		result, ok, err := e.Rule(other, sample(), nil, limit)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, 12.5, result.Double("a")) //nolint:testifylint // exactly this one
	}
	took := time.Since(begin)
	wg.Wait()
	for _, err := range errs {
		require.ErrorIs(t, err, script.ErrTimeLimit)
	}
	require.Less(t, took, 10*limit)
}

// What a rule does to its world must be gone for the next one.
func TestNothingLeaksFromRules(t *testing.T) {
	t.Parallel()
	var e script.Engine
	for _, leak := range []string{
		"result={a:1}", "var result={a:1}", "let result={a:1}", "x=1", "globalThis.x=1", "Object.prototype.x=1", "workitem.x", "event.setItemValue('x',1)",
		"Object.setPrototypeOf(workitem,{x:1,getItemValueString:1})", "Object.setPrototypeOf(event,{x:1})", "workitem=1", "event={x:1}",
	} {
		_, _, _ = e.Rule(script.Compile(leak), sample(), workitem.Items{}, time.Second)
		probe := "result={a:typeof x==='undefined', b:workitem.x===undefined && event.x===undefined && ({}).x===undefined, c:workitem.getItemValueString('name')}"
		got, _, err := e.Rule(script.Compile(probe), sample(), workitem.Items{}, time.Second)
		require.NoError(t, err, leak)
		require.Equal(t, workitem.Items{"a": {true}, "b": {true}, "c": {"Anna"}}, got, leak)
		_, ok, err := e.Rule(script.Compile("var y=1"), sample(), workitem.Items{}, time.Second)
		require.NoError(t, err)
		require.False(t, ok, leak)
	}
}

func BenchmarkRule(b *testing.B) {
	var e script.Engine
	items := sample()
	p := script.Compile("var result={}; if (workitem.getItemValueDouble('amount')>100) { result.level='high' } else { result.level='low' }")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := e.Rule(p, items, workitem.Items{}, time.Second); err != nil {
			b.Fatal(err)
		}
	}
}
