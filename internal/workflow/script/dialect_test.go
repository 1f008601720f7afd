package script_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

func TestOldScriptsMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	items := workitem.Items{
		"n": {int64(3)}, "a": {"x", "y"}, "name": {"Anna"}, "flag": {true}, "off": {false}, "d": {time.UnixMilli(1709647629123).UTC()},
		"space.team": {"s1"}, "space.team.lead": {"l"}, "total": {int64(10)}, "my-item": {"x"}, "my-big-item.sum": {int64(7)}, "big": {int64(4)},
	}
	var e script.Engine
	for source, want := range map[string]bool{
		// An item is its first value with [0], and else a question.
		"workitem.flag[0]=='true' && workitem.off[0]=='false'": true,
		"workitem.flag[0]==true":                               false,
		"workitem.d[0]=='Tue Mar 05 14:07:09 UTC 2024'":        true,
		"workitem.name==true && workitem.name===true":          true,
		"workitem['name']===true":                              true,
		"workitem.name!==true":                                 false,
		"typeof workitem.name==='boolean'":                     true,
		"typeof workitem.nope==='undefined'":                   true,
		"workitem.name=='Anna'":                                false,
		"workitem.n>2":                                         false, // true>2
		"workitem.nope==null":                                  true,
		"var x=workitem.a; x[1]=='y' && x.length==2":           true,
		"workitem.a[1]=='y'":                                   true,
		"workitem.name[ 0 ]=='Anna'":                           true,
		"workitem .name[0]=='Anna'":                            true,
		"workitem[\"name\"][0]=='Anna'":                        true,
		"workitem.NAME[0]=='Anna'":                             true,
		"workitem.name[0]=='workitem.a[0]'":                    false,
		"workitem.nope":                                        false,

		"workitem.get('name')==='Anna'":                  true,
		"workitem.get('name')[0]==='Anna'":               true,
		"workitem.get('name').indexOf('nn')==1":          true,
		"workitem.get('name')[0].toLowerCase()=='anna'":  true,
		"workitem.get('n')==='3' && workitem.get('n')>2": true,
		"!workitem.get('nope')":                          true,
		"workitem.get('name')[1]=='n'":                   true,

		// Names that JavaScript takes for something else.
		"workitem.space.team[0]=='s1'":                                          true,
		"workitem.space.team":                                                   true,
		"workitem.space.team.lead[0]=='l'":                                      true,
		"workitem.space.team.indexOf('s1')==0":                                  true,
		"workitem.Space.Team[0]=='s1'":                                          true,
		"workitem.my-item[0]=='x'":                                              true,
		"workitem.my-item":                                                      true,
		"workitem.my-big-item.sum[0]==7":                                        true,
		"var count=[3]; workitem.total[0]-count[0]==7":                          true,
		"workitem.total[0]-workitem.big[0]==6":                                  true,
		"var o={space:{team:[1]}}; o.space.team[0]==1":                          true,
		"(function(workitem){return workitem.space.team})({space:{team:true}})": true,
		"workitem.n[0]-1==2":                                                    true,
		"workitem.space===undefined":                                            true,
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got, err := e.Holds(script.Compile(source), items, 5*time.Second)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
	for _, source := range []string{"workitem.space.nope[0]==1", "workitem.no-item[0]==1", "workitem.name='x'", "workitem.space.team=1", "delete workitem.space.x"} {
		_, err := e.Holds(script.Compile(source), items, 5*time.Second)
		require.Error(t, err, source)
	}
}

// One program runs on workitems that have the items and on those that have not.
func TestAProgramDoesNotDependOnTheItems(t *testing.T) {
	t.Parallel()
	var e script.Engine
	p := script.Compile("workitem.a-b[0]=='x' || workitem.a.b[0]=='y'")
	for _, items := range []workitem.Items{{"a-b": {"x"}}, {"a.b": {"y"}, "a": {"z"}, "a-b": {""}}, {"a-b": {"x"}}} {
		got, err := e.Holds(p, items, 5*time.Second)
		require.NoError(t, err)
		require.True(t, got)
	}
	_, err := e.Holds(p, workitem.Items{"a": {"z"}}, 5*time.Second)
	require.ErrorContains(t, err, "b", "the variable is not defined")
}
