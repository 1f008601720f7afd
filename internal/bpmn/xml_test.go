package bpmn_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const (
		open    = `<d:definitions xmlns:d="http://www.omg.org/spec/BPMN/20100524/MODEL" id="defs">`
		process = open + "\n" + `<d:process id="p">` + "\n"
		end     = `</d:process></d:definitions>`
	)
	for name, c := range map[string]struct {
		file    string
		code    bpmn.Code
		line    int
		element string
		want    string
	}{
		"nothing":                 {"", bpmn.NotBPMN, 1, "", "it is empty"},
		"a byte order mark":       {"\ufeff", bpmn.NotBPMN, 1, "", "it is empty"},
		"other XML":               {"\n<html/>", bpmn.NotBPMN, 2, "html", `root element is not "definitions"`},
		"other definitions":       {`<definitions xmlns="http://other.example"/>`, bpmn.NotBPMN, 1, "definitions", `root element is not "definitions"`},
		"definitions of Imixs":    {`<i:definitions xmlns:i="http://www.imixs.org/bpmn2"/>`, bpmn.NotBPMN, 1, "definitions", `root element is not "definitions"`},
		"a text":                  {"hello", bpmn.XMLMalformed, 1, "", "text outside the root element"},
		"a text behind":           {process + end + "\nhello", bpmn.XMLMalformed, 3, "", "text outside the root element"},
		"two roots":               {process + end + "\n<more/>", bpmn.XMLMalformed, 4, "", "a second root element more"},
		"cut off in a tag":        {process + "<d:task", bpmn.XMLMalformed, 3, "p", "ends inside an element"},
		"cut off in an element":   {process + `<d:task id="t">`, bpmn.XMLMalformed, 3, "t", "ends inside an element"},
		"crossed":                 {process + "<d:task></d:event>", bpmn.XMLMalformed, 3, "p", "element <task> closed by </event>"},
		"no quotes":               {process + "<d:task id=t/>", bpmn.XMLMalformed, 3, "p", "unquoted"},
		"attribute twice":         {process + `<d:task id="t" id="u"/>`, bpmn.XMLMalformed, 3, "p", "has the attribute id twice"},
		"prefix not declared":     {process + `<x:task id="t"/>` + end, bpmn.XMLMalformed, 3, "p", "prefix of element x:task is not declared"},
		"prefix of an attribute":  {process + "\n" + `<d:task id="t" x:processid="1"/>` + end, bpmn.XMLMalformed, 4, "p", "prefix of attribute x:processid of element task is not declared"},
		"prefix that has ended":   {process + `<d:task xmlns:x="http://x.example" id="t"/>` + "\n" + `<d:task id="u" x:y="1"/>` + end, bpmn.XMLMalformed, 4, "p", "prefix of attribute x:y of element task is not declared"},
		"prefix in a diagram":     {open + "<BPMNDiagram>\n" + `<d:shape x:y="1"/>`, bpmn.XMLMalformed, 2, "defs", "prefix of attribute x:y of element shape is not declared"},
		"prefix for nothing":      {process + `<d:task id="t" xmlns:x="" x:processid="1"/>` + end, bpmn.XMLMalformed, 3, "p", "prefix x is declared as nothing"},
		"entity not defined":      {process + "&lol;" + end, bpmn.XMLMalformed, 3, "p", "invalid character entity &lol;"},
		"control character":       {process + "\x01" + end, bpmn.XMLMalformed, 3, "p", "illegal character"},
		"no process":              {"\n" + open + "</d:definitions>", bpmn.ProcessMissing, 2, "defs", "the model has no process"},
		"entities":                {"<!DOCTYPE x [<!ENTITY a \"b\">]>" + process + "&a;" + end, bpmn.XMLDoctype, 1, "", "no entities are expanded"},
		"external entities":       {`<!DOCTYPE x SYSTEM "file:///etc/passwd">` + process + end, bpmn.XMLDoctype, 1, "", "no entities are expanded"},
		"document type inside":    {process + "<!DOCTYPE x>" + end, bpmn.XMLDoctype, 3, "p", "no entities are expanded"},
		"Latin letters":           {`<?xml version="1.0" encoding="iso-8859-1"?>` + process + end, bpmn.XMLEncoding, 1, "", "its encoding is iso-8859-1"},
		"UTF-16 by name":          {`<?xml version="1.0" encoding="UTF-16"?>` + process + end, bpmn.XMLEncoding, 1, "", "its encoding is UTF-16"},
		"UTF-16, little-endian":   {utf16Text("\ufeff"+process, 0), bpmn.XMLEncoding, 1, "", "the file is UTF-16"},
		"UTF-16, big-endian":      {utf16Text("\ufeff"+process, 1), bpmn.XMLEncoding, 1, "", "the file is UTF-16"},
		"UTF-16 without a mark":   {utf16Text(process, 0), bpmn.XMLEncoding, 1, "", "the file is UTF-16"},
		"bytes that are no UTF-8": {process + "<d:task id=\"t\">\n\xe4</d:task>" + end, bpmn.XMLEncoding, 4, "t", "byte 0xE4 is not UTF-8"},
		"a surrogate":             {process + "\xed\xa0\x80" + end, bpmn.XMLEncoding, 3, "p", "byte 0xED is not UTF-8"},
		"no UTF-8 in a comment":   {process + "<!-- \n\xff -->" + end, bpmn.XMLEncoding, 4, "p", "byte 0xFF is not UTF-8"},
		"NUL":                     {process + "<d:task id=\"t\x00\"/>" + end, bpmn.XMLEncoding, 3, "p", "U+0000"},
		"NUL behind":              {process + end + "\x00", bpmn.XMLEncoding, 3, "", "U+0000"},
		"first fault counts":      {process + "<d:task></d:event>\n\x00\n\xff", bpmn.XMLMalformed, 3, "p", "closed by"},
		"too deep":                {process + strings.Repeat("<a>", 10_000), bpmn.XMLLimit, 3, "p", "more than 100 nested elements"},
		"too deep in a diagram":   {open + "<BPMNDiagram>" + strings.Repeat("<a>", 10_000), bpmn.XMLLimit, 1, "defs", "more than 100 nested elements"},
		"too many":                {process + strings.Repeat("<a/>", 500_000), bpmn.XMLLimit, 3, "p", "more than 500000 elements"},
		"too many attributes":     {process + "<a " + attributes(101) + "/>", bpmn.XMLLimit, 3, "p", "more than 100 attributes"},
		"attributes in all":       {process + strings.Repeat("<a "+attributes(100)+"/>", 10_001), bpmn.XMLLimit, 3, "p", "more than 1000000 attributes"},
		"a tag too long":          {process + "<a " + attributes(10_000) + "/>", bpmn.XMLLimit, 3, "p", "a tag is longer than 64 KiB"},
		"a tag without an end":    {process + "<a b='" + strings.Repeat(">", 100_000), bpmn.XMLLimit, 3, "p", "a tag is longer than 64 KiB"},
		"too large":               {open + strings.Repeat(" ", 21<<20), bpmn.XMLLimit, 0, "", "larger than 20 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bpmn.Parse("model.bpmn", strings.NewReader(c.file))
			var unread *bpmn.ParseError
			require.ErrorAs(t, err, &unread)
			require.Equal(t, c.code, unread.Code, err)
			require.Equal(t, "model.bpmn", unread.File)
			require.Equal(t, c.line, unread.Line, err)
			require.Equal(t, c.element, unread.Element, err)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, unread.Err.Error(), unread.Problem().Message)
		})
	}
}

func TestParseTellsWhatTheReaderSays(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	_, err := bpmn.Parse("model.bpmn", iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	const process = `<d:definitions xmlns:d="http://www.omg.org/spec/BPMN/20100524/MODEL"><d:process id="p">`
	const end = `</d:process></d:definitions>`
	for name, file := range map[string]string{
		"ASCII":               `<?xml version="1.0" encoding="US-ASCII"?>` + process + end,
		"UTF-8 in capitals":   `<?xml version="1.0" encoding="UTF-8"?>` + process + end,
		"UTF-8 without dash":  `<?xml version="1.0" encoding="utf8"?>` + process + end,
		"a long comment":      process + "<!--" + strings.Repeat("<a ", 100_000) + "-->" + end,
		"a long section":      process + "<d:documentation><![CDATA[" + strings.Repeat("<a ", 100_000) + "]]></d:documentation>" + end,
		"a reader in pieces":  process + end,
		"space and a comment": "\n" + process + end + "\n<!-- end -->\n",
		"a prefix used first": process + `<d:documentation x:y="" xmlns:x="http://x.example"/>` + end,
		"no namespace":        process + `<other xmlns="" a=""/>` + end,
		"the namespace xml":   process + `<d:documentation xml:lang="en"/>` + end,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := bpmn.Parse("model.bpmn", iotest.OneByteReader(strings.NewReader(file)))
			require.NoError(t, err)
			require.Len(t, m.Processes, 1)
		})
	}
}

// A file costs memory in proportion to what a file may have, and time in
// proportion to its size.
func TestHostileFilesCostLittle(t *testing.T) { //nolint:paralleltest // it measures memory
	const begin = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">`
	const process = begin + `<process id="p">`
	repeat := func(begin, part string) func(int) string {
		return func(size int) string { return begin + strings.Repeat(part, size/len(part)) }
	}
	for name, file := range map[string]func(size int) string{
		"elements":   repeat(process, "<a/>"),
		"own":        repeat(process, "<task/>"),
		"attributes": func(size int) string { return process + "<a " + attributes(size/10) + "/>" },
		"depth":      repeat(process, "<a>"),
		"entities":   repeat(process, "&amp;"),
		"open":       repeat(process, "<"),
		"comments":   repeat(process, "<!---->"),
		"messages": func(size int) string {
			return begin + `<message name="m"><documentation>` + strings.Repeat("x", size/2) + `</documentation></message><process id="p">` +
				`<intermediateCatchEvent id="e" imixs:activityid="1"><extensionElements><imixs:item name="mail.body"><imixs:value><![CDATA[` +
				strings.Repeat("<bpmn2:message>m</bpmn2:message>", size/64) + `]]></imixs:value></imixs:item></extensionElements></intermediateCatchEvent></process></definitions>`
		},
	} {
		parse := func(file string) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := bpmn.Parse("model.bpmn", strings.NewReader(file))
			runtime.ReadMemStats(&after)
			require.Error(t, err, name)
			require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(150), "%s: MiB, all that was ever allocated", name)
		}
		const size = 1 << 19
		small, large := file(size/4), file(size)
		requireLinear(t, name, func() { parse(small) }, func() { parse(large) })
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(name("a", i) + `="" `)
	}
	return b.String()
}

// utf16Text encodes a text, with the high byte of each unit at place 1 or 0.
func utf16Text(text string, low int) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[low], pair[1-low] = byte(unit), byte(unit>>8)
		b = append(b, pair[:]...)
	}
	return string(b)
}
