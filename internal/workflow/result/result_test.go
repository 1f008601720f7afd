package result_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/javaformat"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

func ExampleItems() {
	scope := &text.Scope{Items: workitem.Items{"name": {"Anna"}}}
	items, err := result.Items(context.Background(),
		`<item name="amount" type="double">12.5</item> <item name="greeting">Hello <itemvalue>name</itemvalue></item>`, "item", scope)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(items.Values("amount"), items.Text("amount.type"), items.Text("greeting"))
	// Output: [12.5] double Hello Anna
}

func ExampleBlocks() {
	blocks, err := result.Blocks(context.Background(),
		`<split name="create"><task>100</task><items>a,b</items></split>`, "split", "create", nil)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(blocks[0].Text("task"), blocks[0].Text("items"))
	// Output: 100 a,b
}

func scope() *text.Scope {
	return &text.Scope{Items: workitem.Items{"a": {"x", "y"}, "amp": {"R&D"}, "tpl": {`<item name="b">1</item>`}}}
}

func TestItems(t *testing.T) {
	t.Parallel()
	date := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
	for source, want := range map[string]workitem.Items{
		"":                                    nil,
		"  ":                                  nil,
		"hello":                               nil,
		`<foo name="b">1</foo>`:               nil,
		`<ITEM name="b">1</ITEM>`:             nil, // not spelled as asked for
		`<item>1</item>`:                      {},
		`<item name="">1</item>`:              {},
		`<items name="b">1</items>`:           {},
		`<item name=" MyItem ">  v w </item>`: {"myitem": {"v w"}},
		`<item name="b">1</item><ITEM name="B">2</ITEM>`: {"b": {"1", "2"}},
		`x <w><item name='$b'>1</item></w> y`:            {"$b": {"1"}},
		`<item name="b" Foo="Bar" foo="baz"/>`:           {"b": {""}, "b.foo": {"Bar", "baz"}},
		`<item name="b" name="c">1</item>`:               {"c": {"1"}},
		`<item name=" b " k="1">1</item>`:                {"b": {"1"}, "b.k": {"1"}},

		`<item name="b" type="boolean">TRUE</item><item name="b" type="boolean">yes</item>`: {"b": {true, false}, "b.type": {"boolean", "boolean"}},
		`<item name="b" type="Integer">-7</item>`:                                           {"b": {int64(-7)}, "b.type": {"Integer"}},
		`<item name="b" type="integer">2147483648</item>`:                                   {"b": {int64(0)}, "b.type": {"integer"}},
		`<item name="b" type="long">2147483648</item>`:                                      {"b": {int64(2147483648)}, "b.type": {"long"}},
		`<item name="b" type="long">5.0</item>`:                                             {"b": {int64(0)}, "b.type": {"long"}},
		`<item name="b" type="double">5d</item>`:                                            {"b": {5.0}, "b.type": {"double"}},
		`<item name="b" type="double">1,5</item>`:                                           {"b": {0.0}, "b.type": {"double"}},
		`<item name="b" type="float">0.1</item>`:                                            {"b": {0.1}, "b.type": {"float"}},
		`<item name="b" type="float">1e40</item>`:                                           {"b": {math.Inf(1)}, "b.type": {"float"}},
		`<item name="b" type="float">abc</item>`:                                            {"b": {0.0}, "b.type": {"float"}},
		`<item name="b" type="int">5</item>`:                                                {"b": {"5"}, "b.type": {"int"}},
		`<item name="b" type="date">1/31/24, 12:00 AM</item>`:                               {"b": {date}, "b.type": {"date"}},
		`<item name="b" type="date">2024-01-31</item>`:                                      {"b.type": {"date"}},
		`<item name="b" type="date" format="yyyy-MM-dd">2024-01-31T10:00</item>`:            {"b": {date}, "b.type": {"date"}, "b.format": {"yyyy-MM-dd"}},
		`<item name="b">1</item><item name="b" type="date"> </item>`:                        {"b.type": {"date"}},

		`<item name="b"><itemvalue separator=",">a</itemvalue></item>`:                             {"b": {"x,y"}},
		`<item name="<itemvalue>a</itemvalue>">1</item>`:                                           {"x": {"1"}},
		`<itemvalue>tpl</itemvalue><item name="c">2</item>`:                                        {"b": {"1"}, "c": {"2"}},
		`<item name="b"><![CDATA[<itemvalue>a</itemvalue>]]></item>`:                               {"b": {"<![CDATA[<itemvalue>a</itemvalue>]]>"}},
		`<for-each-value item="a"><item name="b"><itemvalue>a</itemvalue></item></for-each-value>`: {"b": {"x", "y"}},
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got, err := result.Items(t.Context(), source, "item", scope())
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestItemsOfAnotherZoneAndLanguage(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	s := &text.Scope{Locale: "de-DE", Zone: zone}
	got, err := result.Items(t.Context(), `<item name="b" type="date">31.01.24, 10:15</item>`, "item", s)
	require.NoError(t, err)
	require.Equal(t, time.Date(2024, 1, 31, 9, 15, 0, 0, time.UTC), got.Date("b"))
}

func TestNothingIsReplacedWithoutAScope(t *testing.T) {
	t.Parallel()
	got, err := result.Items(t.Context(), `<item name="b"><itemvalue>a</itemvalue></item>`, "item", nil)
	require.NoError(t, err)
	require.Equal(t, workitem.Items{"b": {"<itemvalue>a</itemvalue>"}}, got)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	_, err := result.Items(t.Context(), `a <item name="b">1`, "item", scope())
	var unclosed *tag.Error
	require.ErrorAs(t, err, &unclosed)

	_, err = result.Items(t.Context(), `<item name="b"><itemvalue>a</item>`, "item", scope())
	require.ErrorAs(t, err, &unclosed)
	require.Equal(t, "itemvalue", unclosed.Name)

	_, err = result.Items(t.Context(), `<item name="b" type="date" format="bbb">2024</item>`, "item", scope())
	var value *result.ValueError
	require.ErrorAs(t, err, &value)
	require.EqualError(t, err, `item "b": pattern "bbb": the letter b means nothing`)
	var fault *javaformat.Error
	require.ErrorAs(t, err, &fault)
}

func TestTags(t *testing.T) {
	t.Parallel()
	got, err := result.Tags(t.Context(), `<eventlog name="My-Topic"><ref><itemvalue>a</itemvalue></ref></eventlog><eventlog name="My-Topic"/>`, "eventlog", scope())
	require.NoError(t, err)
	require.Len(t, got, 2)
	for _, found := range got {
		name, _ := found.Attribute("name")
		require.Equal(t, "My-Topic", name)
	}
	require.Equal(t, "<ref>x</ref>", got[0].Content)

	got, err = result.Tags(t.Context(), "<a>1</a>", "", nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]workitem.Items{
		"":                                     nil,
		"hello":                                nil,
		`<cfg name="A"><x>1</x><y>2</y></cfg>`: {{"x": {"1"}, "y": {"2"}}},
		`<cfg name="A"><x>1</x></cfg><cfg name="B"><x>2</x></cfg>`: {{"x": {"1"}}},
		`<cfg name="A"><x>1</x></cfg><CFG name="A"><x>2</x></CFG>`: {{"x": {"1"}}, {"x": {"2"}}},
		`<cfg name="A"></cfg><cfg name="A"/><cfg name="A"> </cfg>`: {{}},
		`<cfg name="A">text</cfg>`:                                 {{}},
		`<cfg name="A"><x><itemvalue>a</itemvalue></x></cfg>`:      {{"x": {"x"}}},
	} {
		got, err := result.Blocks(t.Context(), source, "cfg", "A", scope())
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
	got, err := result.Blocks(t.Context(), `<cfg name="A"><x>1</x></cfg><cfg><x>2</x></cfg>`, "cfg", "", nil)
	require.NoError(t, err)
	require.Len(t, got, 2)
}

func TestBlocksThatAreNoXML(t *testing.T) {
	t.Parallel()
	_, err := result.Blocks(t.Context(), `<cfg name="A"><x><itemvalue>amp</itemvalue></x></cfg>`, "cfg", "A", scope())
	var block *result.BlockError
	require.ErrorAs(t, err, &block)
	require.Equal(t, "A", block.Name)
	var content *result.ContentError
	require.ErrorAs(t, err, &content)
	require.ErrorContains(t, err, `<cfg name="A">: content is not XML: `)

	_, err = result.Blocks(t.Context(), `<cfg name="A">`, "cfg", "A", nil)
	var unclosed *tag.Error
	require.ErrorAs(t, err, &unclosed)
	_, err = result.Blocks(t.Context(), `<itemvalue>`, "cfg", "A", scope())
	require.ErrorAs(t, err, &unclosed)
}

func TestChildren(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]workitem.Items{
		"":                                   {},
		"text":                               {},
		"<a>1</a> <B>2</B><a>3</a>":          {"a": {"1", "3"}, "b": {"2"}},
		"<a></a><b/><c> </c>":                {"c": {" "}},
		`<a k="1">x &lt; y &amp; &#228;</a>`: {"a": {"x < y & ä"}},
		"<a><![CDATA[<b>1</b>]]></a>":        {"a": {"<b>1</b>"}},
		"<a>x<!-- c -->y<?p q?></a>":         {"a": {"xy"}},
		"<a><!-- c --></a>":                  {},
		"<!-- c --><?p q?><a>1</a>":          {"a": {"1"}},
		"<p:a>1</p:a>":                       {"p:a": {"1"}},
		"<a><b/></a>":                        {"a": {"<b/>"}},
		"<a>x<b k='1\"&lt;'>1</b>&lt;y</a>":  {"a": {`x<b k="1&quot;&lt;">1</b>&lt;y`}},
		"<a><b>1</b><!-- c --><?p q?></a>":   {"a": {"<b>1</b><!-- c --><?p q?>"}},
		"<a><b><c></c>1 &gt; 0</b></a>":      {"a": {"<b><c/>1 &gt; 0</b>"}},
		strings.Repeat("<a>", 100) + "1" + strings.Repeat("</a>", 100): {"a": {strings.Repeat("<a>", 99) + "1" + strings.Repeat("</a>", 99)}},
	} {
		got, err := result.Children(content)
		require.NoError(t, err, content)
		require.Equal(t, want, got, content)
	}
	for _, content := range []string{
		"<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a>x & y</a>", "<a>&nbsp;</a>", "<!DOCTYPE a><a>1</a>",
		`<!DOCTYPE a [<!ENTITY b "1">]><a>&b;</a>`, "<a b>1</a>", strings.Repeat("<a>", 101) + strings.Repeat("</a>", 101), "<a>\x01</a>", "<",
	} {
		_, err := result.Children(content)
		var e *result.ContentError
		require.ErrorAs(t, err, &e, content)
	}
}

func FuzzItems(f *testing.F) {
	for _, seed := range []string{
		`<item name="b" type="date" format="yyyy-MM-dd">2024-01-31</item>`, `<item name="b" type="double" k=v>1.5</item>`,
		`<item name="<itemvalue>a</itemvalue>"><x>1</x><x><y/>R&amp;D</x></item>`, `<item>1`, `<item name="x"><a>1</a><!-- c --></item>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		items, err := result.Items(t.Context(), source, "item", scope())
		if err != nil {
			requireTyped(t, err)
		}
		for name, values := range items {
			require.Equal(t, strings.ToLower(strings.TrimSpace(name)), name)
			for _, v := range values {
				n, err := workitem.Normalize(v)
				require.NoError(t, err)
				require.NotNil(t, n)
			}
		}
		blocks, err := result.Blocks(t.Context(), source, "item", "x", nil)
		if err != nil {
			requireTyped(t, err)
		}
		for _, b := range blocks {
			for _, values := range b {
				require.NotEmpty(t, values)
			}
		}
	})
}

// requireTyped fails for an error that no caller could tell from a fault of
// the system.
func requireTyped(t *testing.T, err error) {
	t.Helper()
	var unclosed *tag.Error
	var fault *text.Error
	var value *result.ValueError
	var block *result.BlockError
	require.True(t, errors.As(err, &unclosed) || errors.As(err, &fault) || errors.As(err, &value) || errors.As(err, &block) ||
		errors.Is(err, text.ErrTooLarge), "%v", err)
}

func BenchmarkItems(b *testing.B) {
	s := scope()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := result.Items(b.Context(), `<item name="b" type="integer">7</item><item name="c"><itemvalue>a</itemvalue></item>`, "item", s); err != nil {
			b.Fatal(err)
		}
	}
}
