package text_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

func ExampleAdapt() {
	scope := &text.Scope{
		Items: workitem.Items{
			"name":   {"Anna"},
			"amount": {1234.5},
			"team":   {"Ben", "Carla"},
		},
		Locale: "de-DE",
	}
	message, err := text.Adapt(context.Background(),
		`<itemvalue>name</itemvalue>: <itemvalue format="#,##0.00 ¤">amount</itemvalue> `+
			`(<for-each-value item="team">@<itemvalue>team</itemvalue> </for-each-value>)`, scope)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(message)
	// Output: Anna: 1.234,50 € (@Ben @Carla )
}

func items() workitem.Items {
	date := time.Date(2024, 3, 5, 14, 7, 9, 123e6, time.UTC)
	return workitem.Items{
		"a": {"x", "y", "z"}, "name": {"Anna"}, "amount": {1234567.891}, "int": {int64(1234)}, "flag": {true}, "empty": {""}, "none": {},
		"date": {date}, "dates": {date, date.AddDate(-1, 0, 0)}, "text": {"1234.5"}, "comma": {"1.234,5"},
		"tag": {"<itemvalue>name</itemvalue>"}, "open": {"<propertyvalue>"}, "cdata": {"<![CDATA["},
		"map":  {workitem.Map{"q": workitem.List{int64(1), "2"}, "p": 1.5}},
		"kids": {workitem.Map{"n": workitem.List{"k1"}}, "plain", workitem.Map{"N": "k2"}},
		"key":  {"title"}, "ref": {"id-1"}, "refs": {"id-1", "id-2", "id-9"}, "gone": {"id-9"}, "bytes": {[]byte("hi")},
		"$file": {workitem.Map{
			"b.txt": workitem.List{"text/plain", []byte("hi"), workitem.Map{"text": workitem.List{"BBB"}}},
			"a.txt": workitem.List{"text/plain", []byte("hi"), workitem.Map{"text": "AAA"}},
			"c.pdf": workitem.List{"application/pdf", []byte("hi"), workitem.Map{}},
			"d.txt": workitem.List{"text/plain", []byte("hi")},
			"e.txt": "no list",
		}},
	}
}

func scope() *text.Scope {
	others := map[string]workitem.Items{
		"id-1": {"name": {"Berta"}, "ref": {"id-2"}, "refs": {"id-2"}, "$file": {workitem.Map{"r.txt": workitem.List{"", []byte{}, workitem.Map{"text": "RRR"}}}}},
		"id-2": {"name": {"Carl"}, "a": {"c1", "c2"}},
	}
	return &text.Scope{
		Items:    items(),
		Property: func(key string) (string, bool) { return map[string]string{"title": "My App"}[key], key == "title" },
		Workitem: func(_ context.Context, id string) (workitem.Items, error) { return others[id], nil },
	}
}

func TestAdapt(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                              "",
		"plain":                         "plain",
		"1 < 2":                         "1 < 2",
		"<b>bold</b> <itemvalues/>":     "<b>bold</b> <itemvalues/>",
		"name</itemvalue>":              "name</itemvalue>",
		"<itemvalue>name</itemvalue>!":  "Anna!",
		"<ItemValue> NAME </itemvalue>": "Anna",
		"[<itemvalue>nope</itemvalue><itemvalue>none</itemvalue><itemvalue/>]": "[]",

		// every type in its usual form
		"<itemvalue>int</itemvalue> <itemvalue>amount</itemvalue> <itemvalue>flag</itemvalue>": "1234 1234567.891 true",
		"<itemvalue>date</itemvalue>":  "3/5/24, 2:07 PM",
		"<itemvalue>map</itemvalue>":   "{p=1.5, q=[1, 2]}",
		"<itemvalue>bytes</itemvalue>": "aGk=",

		// lists
		`<itemvalue separator=", ">a</itemvalue>`:                      "x, y, z",
		`<itemvalue separator="">a</itemvalue>`:                        "xyz",
		`<itemvalue separator="<br />">a</itemvalue>`:                  "x<br />y<br />z",
		`<itemvalue position="last">a</itemvalue>`:                     "z",
		`<itemvalue position="FIRST">a</itemvalue>`:                    "x",
		`<itemvalue position="middle">a</itemvalue>`:                   "x",
		`<itemvalue position="last" separator="z">a</itemvalue>`:       "z",
		`<itemvalue position="last" format="yyyy">dates</itemvalue>`:   "2023",
		`<itemvalue separator="/" format="yyyy">dates</itemvalue>`:     "2024/2023",
		`<itemvalue separator=";" format="#,##0.0">amount</itemvalue>`: "1,234,567.9",

		// formats and locales
		`<itemvalue format="EEEE, d. MMMM yyyy" locale="de">date</itemvalue>`:    "Dienstag, 5. März 2024",
		`<itemvalue format="EEEE, d. MMMM yyyy" locale="de-AT">date</itemvalue>`: "Dienstag, 5. März 2024",
		`<itemvalue locale="de_DE">date</itemvalue>`:                             "05.03.24, 14:07",
		`<itemvalue format="yyyy'">date</itemvalue>`:                             "Tue Mar 05 14:07:09 UTC 2024",
		`<itemvalue format="#">date</itemvalue>`:                                 "#",
		`<itemvalue format="yyyy">name</itemvalue>`:                              "Anna",
		`<itemvalue format="0.00">amount</itemvalue>`:                            "1234567.891",
		`<itemvalue format="#,##0.00" locale="de">amount</itemvalue>`:            "1.234.567,89",
		`<itemvalue format="#,##0.00 ¤" locale="de">int</itemvalue>`:             "1.234,00 €",
		`<itemvalue format="#,##0.00">text</itemvalue>`:                          "1,234.50",
		`<itemvalue format="#,##0.00">comma</itemvalue>`:                         "0",
		`<itemvalue format="#,##0.00">flag</itemvalue>`:                          "0",
		`<itemvalue format="#.#.#">amount</itemvalue>`:                           "0",

		// other workitems
		`<itemvalue ref="ref">name</itemvalue>`:  "Berta",
		`<itemvalue ref="refs">name</itemvalue>`: "Berta",
		`<itemvalue ref="">name</itemvalue>`:     "Anna",
		`<itemvalue ref="gone">name</itemvalue>`: `<itemvalue ref="gone">name</itemvalue>`,
		`<itemvalue ref="nope">name</itemvalue>`: `<itemvalue ref="nope">name</itemvalue>`,

		// properties
		"<propertyvalue>title</propertyvalue>":                                      "My App",
		"<propertyvalue> title </propertyvalue>|":                                   "|",
		"<propertyvalue><itemvalue>key</itemvalue></propertyvalue>":                 "My App",
		`<itemvalue separator="<propertyvalue>title</propertyvalue>">a</itemvalue>`: "xMy AppyMy Appz",

		// loops
		`<for-each-value item="a">[<itemvalue>a</itemvalue>]</for-each-value>`: "[x][y][z]",
		`<for-each-value item="nope">1</for-each-value>|`:                      "|",
		`<for-each-value item="a"/>|`:                                          "|",
		`<for-each-value item="a"><for-each-value item="dates"><itemvalue>a</itemvalue><itemvalue format="yy">dates</itemvalue> </for-each-value></for-each-value>`: "x24 x23 y24 y23 z24 z23 ",
		`<for-each-child item="kids"><itemvalue>n</itemvalue>;</for-each-child>`:                                                                                    "k1;k2;",
		`<for-each-child item="kids"><itemvalue>name</itemvalue>;</for-each-child>`:                                                                                 ";;",
		`<for-each-child item="kids"><itemvalue ref="ref">name</itemvalue>;</for-each-child>`:                                                                       "Berta;Berta;",
		`<for-each-ref item="refs"><itemvalue>name</itemvalue>;</for-each-ref>`:                                                                                     "Berta;Carl;",
		`<for-each-ref item="ref"><for-each-ref item="refs"><itemvalue>name</itemvalue></for-each-ref></for-each-ref>`:                                              "Carl",
		`<for-each-value item="refs"><for-each-ref item="refs"><itemvalue>name</itemvalue>;</for-each-ref></for-each-value>`:                                        "Berta;Carl;",
		`<for-each item="a">1</for-each><for-each item="kids"><itemvalue>n</itemvalue></for-each>`:                                                                  "111k1k2",
		`<for-each item="a"/>|`: `<for-each item="a"/>|`,

		// files
		"<filedata>.*</filedata>":                                 "AAA\n\nBBB",
		`<filedata separator=",">\.txt$</filedata>`:               "AAA,BBB",
		"<filedata>(</filedata>|":                                 "|",
		`<filedata ref="ref">.*</filedata>`:                       "RRR",
		`<filedata ref="gone">.*</filedata>`:                      `<filedata ref="gone">.*</filedata>`,
		"<filedata>" + strings.Repeat("a?", 600) + "</filedata>|": "|",

		// where no tags are
		"<![CDATA[<itemvalue>name</itemvalue>]]>": "<![CDATA[<itemvalue>name</itemvalue>]]>",
		"<!-- <itemvalue>name</itemvalue> -->":    "<!-- <itemvalue>name</itemvalue> -->",
		"<!-- c --><itemvalue>name</itemvalue>":   "<!-- c -->Anna",

		// values are not read again
		"<itemvalue>tag</itemvalue>":                                             "<itemvalue>name</itemvalue>",
		"<itemvalue>open</itemvalue><propertyvalue>title</propertyvalue>":        "<propertyvalue>My App",
		"<itemvalue>cdata</itemvalue><propertyvalue>title</propertyvalue>":       "<![CDATA[My App",
		`<for-each-value item="tag"><itemvalue>tag</itemvalue></for-each-value>`: "<itemvalue>name</itemvalue>",
		"<propertyvalue><itemvalue>tag</itemvalue></propertyvalue>|":             "|",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got, err := text.Adapt(t.Context(), source, scope())
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestAdaptInAnotherLanguageAndZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	s := &text.Scope{Items: items(), Locale: "de-DE", Zone: zone}
	for source, want := range map[string]string{
		"<itemvalue>date</itemvalue>":                                        "05.03.24, 15:07",
		`<itemvalue locale="en_US">date</itemvalue>`:                         "3/5/24, 3:07 PM",
		`<itemvalue format="d. MMM HH:mm z">date</itemvalue>`:                "5. März 15:07 MEZ",
		`<itemvalue format="#,##0.0">amount</itemvalue>`:                     "1.234.567,9",
		`<itemvalue format="'">date</itemvalue>`:                             "Tue Mar 05 15:07:09 CET 2024",
		"<propertyvalue>title</propertyvalue>|":                              "|", // there are none
		`<itemvalue ref="ref">name</itemvalue>`:                              `<itemvalue ref="ref">name</itemvalue>`,
		`<for-each-ref item="refs"><itemvalue>a</itemvalue></for-each-ref>|`: "|",
	} {
		got, err := text.Adapt(t.Context(), source, s)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
}

func TestAdaptWithoutItems(t *testing.T) {
	t.Parallel()
	got, err := text.Adapt(t.Context(), `[<itemvalue>a</itemvalue><for-each-value item="a">x</for-each-value><filedata/>]`, &text.Scope{})
	require.NoError(t, err)
	require.Equal(t, "[]", got)
}

func TestFaultsInATag(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a<itemvalue>name": "the tag <itemvalue> at offset 1 is not closed",
		`<for-each-value item="a"><itemvalue>name</for-each-value>`: "the tag <itemvalue> at offset 0 is not closed",
		`<itemvalue separator="<filedata>">a</itemvalue>`:           "the tag <filedata> at offset 0 is not closed",
	} {
		_, err := text.Adapt(t.Context(), source, scope())
		var e *tag.Error
		require.ErrorAs(t, err, &e, source)
		require.EqualError(t, err, want)
	}
	_, err := text.Adapt(t.Context(), "ab <for-each-value>x</for-each-value>", scope())
	var e *text.Error
	require.ErrorAs(t, err, &e)
	require.EqualError(t, err, "the tag <for-each-value> at offset 3: it needs the attribute item")
}

func TestErrorsOfTheScope(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	s := scope()
	s.Workitem = func(context.Context, string) (workitem.Items, error) { return nil, broken }
	for _, source := range []string{
		`<itemvalue ref="ref">name</itemvalue>`, `<filedata ref="ref">.</filedata>`, `<for-each-ref item="ref">x</for-each-ref>`,
	} {
		_, err := text.Adapt(t.Context(), source, s)
		require.ErrorIs(t, err, broken, source)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := text.Adapt(ctx, "<itemvalue>name</itemvalue>", s)
	require.ErrorIs(t, err, context.Canceled)
}

func TestOtherWorkitemsAreReadOnce(t *testing.T) {
	t.Parallel()
	reads := 0
	s := scope()
	read := s.Workitem
	s.Workitem = func(ctx context.Context, id string) (workitem.Items, error) {
		reads++
		return read(ctx, id)
	}
	_, err := text.Adapt(t.Context(), strings.Repeat(`<itemvalue ref="ref">name</itemvalue><itemvalue ref="gone">name</itemvalue>`, 3), s)
	require.NoError(t, err)
	require.Equal(t, 2, reads)
}

func TestItemsDoNotChange(t *testing.T) {
	t.Parallel()
	s := scope()
	_, err := text.Adapt(t.Context(), `<for-each-value item="a"><for-each-child item="kids"><itemvalue>a</itemvalue></for-each-child></for-each-value>`, s)
	require.NoError(t, err)
	require.Equal(t, items(), s.Items)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	many := make([]any, 1000)
	for i := range many {
		many[i] = ""
	}
	ids := make([]any, 2000)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	s := &text.Scope{
		Items:    workitem.Items{"many": many, "long": {strings.Repeat("x", 600<<10)}, "ids": ids},
		Workitem: func(context.Context, string) (workitem.Items, error) { return workitem.Items{}, nil },
	}
	// A loop within a loop over the same item has one turn only.
	loop := func(depth int, content string) string {
		for i := range depth {
			name := fmt.Sprintf("many%d", i)
			s.Items[name] = many
			content = `<for-each-value item="` + name + `">` + content + "</for-each-value>"
		}
		return content
	}
	for name, source := range map[string]string{
		"output of two values":       "<itemvalue>long</itemvalue><itemvalue>long</itemvalue>",
		"output of a loop":           loop(1, "<itemvalue>long</itemvalue>"),
		"output behind the last tag": "<itemvalue>many</itemvalue>" + strings.Repeat("x", 1<<20+1),
		"output of loops":            loop(4, "x"),
		"loops without output":       loop(6, ""),
		"values without output":      loop(2, `<itemvalue separator="">many</itemvalue>`),
		"depth":                      loop(40, ""),
		"other workitems":            `<for-each-ref item="ids"></for-each-ref>`,
		"joined values":              `<itemvalue separator="` + strings.Repeat("x", 2000) + `">many</itemvalue>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			_, err := text.Adapt(t.Context(), source, s)
			require.ErrorIs(t, err, text.ErrTooLarge)
			require.Less(t, time.Since(begin), 30*time.Second)
		})
	}
	// A long text that asks for nothing has no limit.
	got, err := text.Adapt(t.Context(), strings.Repeat("x", 2<<20), s)
	require.NoError(t, err)
	require.Len(t, got, 2<<20)
}

func TestATextWithoutTagsCostsNothing(t *testing.T) {
	s := scope()
	for _, source := range []string{"plain text", "1 < 2 and <b>bold</b> <i/>"} {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			_, _ = text.Adapt(t.Context(), source, s)
		}), source)
	}
}

func FuzzAdapt(f *testing.F) {
	for _, seed := range []string{
		`<itemvalue format="#,##0.00" locale="de">amount</itemvalue>`,
		`<itemvalue separator="<br />" position='last' ref=ref>a</itemvalue>`,
		`<for-each-value item="a"><for-each-child item="kids"><itemvalue>n</itemvalue></for-each-child></for-each-value>`,
		`<for-each-ref item="refs"><filedata separator=",">.*</filedata></for-each-ref><for-each item="kids">x</for-each>`,
		`<propertyvalue><itemvalue>key</itemvalue></propertyvalue><![CDATA[<itemvalue>]]><!-- <itemvalue> -->`,
		`<itemvalue>name`, `<for-each>x</for-each>`, `<itemvalue format="yyyy-MM-dd'T'HH:mm">date</itemvalue>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		s := scope()
		got, err := text.Adapt(t.Context(), source, s)
		if err != nil {
			var unclosed *tag.Error
			var fault *text.Error
			require.True(t, errors.As(err, &unclosed) || errors.As(err, &fault) || errors.Is(err, text.ErrTooLarge), "%v", err)
			return
		}
		require.LessOrEqual(t, len(got), max(len(source), 1<<20))
		require.Equal(t, items(), s.Items)
		again, err := text.Adapt(t.Context(), source, s)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

func BenchmarkAdaptPlainText(b *testing.B) {
	s := scope()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := text.Adapt(b.Context(), "The ticket has been submitted, and an answer takes a day or two.", s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdaptTwoValues(b *testing.B) {
	s := scope()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := text.Adapt(b.Context(), "Ticket <itemvalue>int</itemvalue> of <itemvalue>name</itemvalue> has been submitted.", s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdaptFormats(b *testing.B) {
	s := scope()
	b.ReportAllocs()
	const source = `<itemvalue format="#,##0.00" locale="de_DE">amount</itemvalue> <itemvalue format="dd.MM.yyyy">date</itemvalue>`
	for b.Loop() {
		if _, err := text.Adapt(b.Context(), source, s); err != nil {
			b.Fatal(err)
		}
	}
}
