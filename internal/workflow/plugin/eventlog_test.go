package plugin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestEventLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result string
		want   []workflow.Entry
	}{
		"nothing":     {"", nil},
		"another tag": {`<item name="eventlog">x</item>`, nil},
		"the least":   {`<eventlog name="t"/>`, []workflow.Entry{{Topic: "t", Ref: "uid"}}},
		"topics keep their case, and their order": {
			`<eventlog name="Z.Topic"><ref>1</ref></eventlog> and <eventlog name="a-topic"><ref>2</ref></eventlog>`,
			[]workflow.Entry{{Topic: "Z.Topic", Ref: "1"}, {Topic: "a-topic", Ref: "2"}},
		},
		"one topic twice": {
			`<eventlog name="t"><ref>1</ref></eventlog><eventlog name="t"><ref>2</ref></eventlog>`,
			[]workflow.Entry{{Topic: "t", Ref: "1"}, {Topic: "t", Ref: "2"}},
		},
		"no ref":        {`<eventlog name="t"><timeout>5</timeout></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid", Delay: 5 * time.Millisecond}}},
		"an empty ref":  {`<eventlog name="t"><ref></ref></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid"}}},
		"a blank ref":   {"<eventlog name=\"t\"><ref> \n</ref></eventlog>", []workflow.Entry{{Topic: "t", Ref: "uid"}}},
		"the first ref": {`<eventlog name="t"><ref>1</ref><ref>2</ref></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "1"}}},
		"a text as ref": {`<eventlog name="t"><ref><itemvalue>other</itemvalue></ref></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "other-id"}}},
		"a text as topic": {
			`<eventlog name=" <itemvalue>other</itemvalue> "></eventlog>`, []workflow.Entry{{Topic: "other-id", Ref: "uid"}},
		},
		"a timeout with space": {"<eventlog name=\"t\"><timeout>\n  60000 \n</timeout></eventlog>", []workflow.Entry{{Topic: "t", Ref: "uid", Delay: time.Minute}}},
		"a timeout that is past": {
			`<eventlog name="t"><timeout>-5000</timeout></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid"}},
		},
		"data": {
			`<eventlog name="t"><document><Amount>5.00</Amount><x>1</x><x>2</x><y>a &amp; b</y><z><![CDATA[a < b]]></z></document></eventlog>`,
			[]workflow.Entry{{Topic: "t", Ref: "uid", Data: of("amount", "5.00", "x", "1", "x", "2", "y", "a & b", "z", "a < b")}},
		},
		"data within data are text": {
			`<eventlog name="t"><document><x><y>1</y></x></document></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid", Data: of("x", "<y>1</y>")}},
		},
		"no data":    {`<eventlog name="t"><document></document></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid"}}},
		"empty data": {`<eventlog name="t"><document> </document></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "uid", Data: of()}}},
		"one within another": {
			`<eventlog name="t"><ref>1</ref><eventlog name="u"><ref>2</ref></eventlog></eventlog>`, []workflow.Entry{{Topic: "t", Ref: "1"}},
		},
		"other attributes":                        {`<eventlog name="t" foo="a & b"/>`, []workflow.Entry{{Topic: "t", Ref: "uid"}}},
		"a tag in an item is none of the model's": {`<itemvalue>evil</itemvalue>`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of(workitem.UniqueID, "uid", "other", "other-id", "evil", `<eventlog name="evil"/>`)
			before := items.Clone()
			s := &scope{}
			require.NoError(t, plugin.EventLog{}.Run(t.Context(), step(s, items, of("workflow.result", c.result))))
			require.Equal(t, c.want, s.entries)
			require.Equal(t, before, items)
		})
	}
}

func TestEventLogReadsTheOldName(t *testing.T) {
	t.Parallel()
	s := &scope{}
	require.NoError(t, plugin.EventLog{}.Run(t.Context(), step(s, of(workitem.UniqueID, "uid"), of("txtactivityresult", `<eventlog name="t"/>`))))
	require.Equal(t, []workflow.Entry{{Topic: "t", Ref: "uid"}}, s.entries)
}

func TestEventLogFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result  string
		code    workflow.Code
		message string
	}{
		"no topic":               {`<eventlog><ref>1</ref></eventlog>`, workflow.InvalidTagFormat, "no topic"},
		"an empty topic":         {`<eventlog name=" "/>`, workflow.InvalidTagFormat, "no topic"},
		"that of timers":         {`<eventlog name="async.event"/>`, workflow.OperationNotAllowed, "async.event"},
		"that of timers, spaced": {`<eventlog name=" async.event "/>`, workflow.OperationNotAllowed, "async.event"},
		"no number":              {`<eventlog name="t"><timeout>PT5M</timeout></eventlog>`, workflow.InvalidTagFormat, `"PT5M"`},
		"half a millisecond":     {`<eventlog name="t"><timeout>0.5</timeout></eventlog>`, workflow.InvalidTagFormat, `"0.5"`},
		"beyond all time":        {`<eventlog name="t"><timeout>9300000000000</timeout></eventlog>`, workflow.InvalidTagFormat, "9300000000000"},
		"not closed":             {`<eventlog name="t"><ref>1</ref>`, workflow.InvalidTagFormat, "eventlog"},
		"a text not closed":      {`<eventlog name="t"><ref><itemvalue>1</ref></eventlog>`, workflow.InvalidTagFormat, "itemvalue"},
		"no XML":                 {`<eventlog name="t"><ref>1</eventlog>`, workflow.InvalidFormat, "XML"},
		"data that are no XML":   {`<eventlog name="t"><document>a &amp; <![CDATA[<x>]]></document></eventlog>`, workflow.InvalidFormat, "XML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scope{}
			err := plugin.EventLog{}.Run(t.Context(), step(s, of(workitem.UniqueID, "uid"), of("workflow.result", c.result)))
			fails(t, err, c.code, c.message)
			require.Empty(t, s.entries)
		})
	}
}
