package tag_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/tag"
)

func ExampleFind() {
	tags, err := tag.Find(`Dear all, <Item name="a">1</Item><item name='b'/>`, "item")
	if err != nil {
		fmt.Println(err)
	}
	for _, t := range tags {
		name, _ := t.Attribute("NAME")
		fmt.Printf("%s = %q\n", name, t.Content)
	}
	// Output:
	// a = "1"
	// b = ""
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string // contents
	}{
		"none":                             {text: "plain", want: nil},
		"two":                              {text: "<x>1</x> and <x>2</x>", want: []string{"1", "2"}},
		"any case":                         {text: "<X>1</x><x>2</X>", want: []string{"1", "2"}},
		"closed by itself":                 {text: "<x/>1</x>", want: []string{""}},
		"closed by itself with attributes": {text: "<x a=1 b='2' />", want: []string{""}},
		"longer name":                      {text: "<xy>1</xy><x>2</x>", want: []string{"2"}},
		"closing tag with a longer name":   {text: "<x>1</xy>2</x>", want: []string{"1</xy>2"}},
		"same name within":                 {text: "<x>1<x>2</x>3</x>", want: []string{"1<x>2</x>3"}},
		"same name closed within":          {text: "<x>1<x a='/'/>2</x>", want: []string{"1<x a='/'/>2"}},
		"spaces in the tags":               {text: "<x\n>1</x\t\n>", want: []string{"1"}},
		"closing tag only":                 {text: "</x>", want: nil},
		"tag that does not end":            {text: "<x a", want: nil},
		"angle bracket in text":            {text: "1 < 2 <x>1 < 2</x> 3 > 2", want: []string{"1 < 2"}},
		"angle bracket in a value":         {text: `<x a="<br />" b='>'>1</x>`, want: []string{"1"}},
		"quote that is not closed":         {text: `<x a="1>2</x>`, want: []string{"2"}},
		"quote that opens no value":        {text: `<x it's>1</x> don't <y>`, want: []string{"1"}},
		"in a comment":                     {text: "<!-- <x>1</x> --><x>2</x>", want: []string{"2"}},
		"in an open comment":               {text: "<x>1</x><!-- <x>2</x>", want: []string{"1"}},
		"in a CDATA section":               {text: "<![CDATA[<x>1</x>]]><x>2</x>", want: []string{"2"}},
		"comment in the content":           {text: "<x>1<!-- </x> -->2</x>", want: []string{"1<!-- </x> -->2"}},
		"open comment in the content":      {text: "<x>1<!-- 2</x>", want: []string{"1<!-- 2"}},
		"CDATA in the content":             {text: "<x><![CDATA[</x>]]></x>", want: []string{"<![CDATA[</x>]]>"}},
		"other tags around":                {text: "<w><x>1</x></w>", want: []string{"1"}},
		"in the attribute of another":      {text: `<w k="<x>1</x>">`, want: []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tags, err := tag.Find(c.text, "X")
			require.NoError(t, err)
			var got []string
			for _, found := range tags {
				require.Equal(t, c.text[found.Start:found.End], found.Outer)
				require.Equal(t, found.Closed, strings.HasSuffix(found.Outer, "/>") && !strings.Contains(found.Outer, "</"))
				got = append(got, found.Content)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestFindAnElementThatIsNotClosed(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"alone":                       "ab<x>1",
		"one of two":                  "ab<x>1<x>2</x>",
		"closing tag that is open":    "ab<x>1</x",
		"no end of the opening tag":   `ab<x a="b" 1</x>`,
		"closing tag in CDATA":        "ab<x><![CDATA[</x>]]>",
		"CDATA section that is open":  "ab<x><![CDATA[1</x>",
		"opening tag within that is":  "ab<x><x>1</x> <x a=",
		"closing tag of another name": "ab<x>1</y>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tag.Find(text, "x")
			var e *tag.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tag.Error{Name: "x", Offset: 2}, *e)
			require.EqualError(t, err, "the tag <x> at offset 2 is not closed")
		})
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]tag.Attribute{
		`<x>`:                       nil,
		`<x a="1" b='2' c=3 d>`:     {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", ""}},
		`<x a = "1"b= '2'>`:         {{"a", "1"}, {"b", "2"}},
		`<x a='1' a='2'>`:           {{"a", "2"}},
		`<x a='1' A='2'>`:           {{"a", "1"}, {"A", "2"}},
		`<x a='say "hi"' b="it's">`: {{"a", `say "hi"`}, {"b", "it's"}},
		`<x a="" b=>`:               {{"a", ""}, {"b", ""}},
		`<x a="&lt;">`:              {{"a", "&lt;"}},
		"<x\n\ta\n=\n'1'\n>":        {{"a", "1"}},
		`<x = == "1">`:              {{`"1"`, ""}},
		`<x a=1/2 b>`:               {{"a", "1/2"}, {"b", ""}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			tags, err := tag.Find(text+"</x>", "x")
			require.NoError(t, err)
			require.Len(t, tags, 1)
			require.Equal(t, want, tags[0].Attributes)
		})
	}
}

func TestManyAttributesAreKeptOnce(t *testing.T) {
	t.Parallel()
	tags, err := tag.Find("<x "+strings.Repeat("a=1 b=2 c ", 20)+"/>", "x")
	require.NoError(t, err)
	require.Equal(t, []tag.Attribute{{"a", "1"}, {"b", "2"}, {"c", ""}}, tags[0].Attributes)
}

func TestTheLastSpellingOfANameCounts(t *testing.T) {
	t.Parallel()
	tags, err := tag.Find(`<x Name="1" NAME="2"/>`, "x")
	require.NoError(t, err)
	value, ok := tags[0].Attribute("name")
	require.True(t, ok)
	require.Equal(t, "2", value)
	_, ok = tags[0].Attribute("other")
	require.False(t, ok)
}

func TestScanSeveralNames(t *testing.T) {
	t.Parallel()
	s := tag.Scan("<b><a>1</a></b><c/><A>2</A>", "a", "b")
	var got []string
	for {
		found, ok, err := s.Next()
		require.NoError(t, err)
		if !ok {
			break
		}
		got = append(got, found.Name+"="+found.Content)
	}
	require.Equal(t, []string{"b=<a>1</a>", "A=2"}, got)
}

// What takes quadratic time takes minutes here.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	t.Parallel()
	const n = 200_000
	for name, text := range map[string]string{
		"opening tags":          strings.Repeat("<x>", n),
		"tags that do not end":  strings.Repeat("<x ", n),
		"open comments":         "<x>" + strings.Repeat("<!--", n) + "</x>",
		"quotes in pairs":       strings.Repeat(`<x a="></x> " `, n),
		"quotes of two kinds":   strings.Repeat(`<x a="></x>' "b='>"`, n),
		"quotes without an end": strings.Repeat(`<x a="`, n) + strings.Repeat(`<x a='`, n),
		"one quote each":        strings.Repeat(`<x a='></x>`, n) + `<x a="`,
		"attributes":            "<x" + attributes(n) + "/>",
		"spaces":                strings.Repeat("<x>"+strings.Repeat(" ", 100)+"=", n/100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			_, _ = tag.Find(text, "x")
			require.Less(t, time.Since(begin), 30*time.Second)
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d", i)
	}
	return b.String()
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{
		"<x>1</x>", `<x a="1" b='2' c=3 d/>`, "<x><x/></x>", "<!-- <x> --><![CDATA[<x>]]>", "<x>1", `<x a="></x> "`, "<x\n>1 < 2</X >",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tags, err := tag.Find(text, "x")
		if err != nil {
			var e *tag.Error
			require.ErrorAs(t, err, &e)
			return
		}
		last := 0
		for _, found := range tags {
			require.GreaterOrEqual(t, found.Start, last)
			require.Greater(t, found.End, found.Start)
			require.Equal(t, text[found.Start:found.End], found.Outer)
			require.Contains(t, found.Outer, found.Content)
			// An element reads the same when it stands alone.
			again, err := tag.Find(found.Outer, "x")
			require.NoError(t, err)
			require.Len(t, again, 1)
			require.Equal(t, found.Attributes, again[0].Attributes)
			require.Equal(t, found.Content, again[0].Content)
			last = found.End
		}
	})
}
