package bpmn_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
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
		"too many":                {process + strings.Repeat("<a/>", 600_000), bpmn.XMLLimit, 3, "p", "more than 500000 elements"},
		"too many attributes":     {process + "<a " + attributes(101) + "/>", bpmn.XMLLimit, 3, "p", "more than 100 attributes"},
		"a tag too long":          {process + "<a " + attributes(1_000_000) + "/>", bpmn.XMLLimit, 3, "p", "a tag is longer than 64 KiB"},
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

// A file costs memory in proportion to what a file may have, not more.
func TestHostileFilesCostLittle(t *testing.T) { //nolint:paralleltest // it measures memory
	const process = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2"><process id="p">`
	const size = 19 << 20
	for name, file := range map[string]string{
		"elements":   process + strings.Repeat("<a/>", size/4),
		"own":        process + strings.Repeat("<task/>", size/7),
		"attributes": process + "<a " + attributes(size/6) + "/>",
		"depth":      process + strings.Repeat("<a>", size/3),
		"entities":   process + strings.Repeat("&amp;", size/5),
		"open":       process + strings.Repeat("<", size),
		"comments":   process + strings.Repeat("<!---->", size/7),
		"messages": `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">` +
			`<message name="m"><documentation>` + strings.Repeat("x", size/2) + `</documentation></message><process id="p">` +
			`<intermediateCatchEvent id="e" imixs:activityid="1"><extensionElements><imixs:item name="mail.body"><imixs:value><![CDATA[` +
			strings.Repeat("<bpmn2:message>m</bpmn2:message>", size/64) + `]]></imixs:value></imixs:item></extensionElements></intermediateCatchEvent></process></definitions>`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := bpmn.Parse("model.bpmn", strings.NewReader(file))
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Less(t, time.Since(began), patience, name)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(400), "%s: MiB, all that was ever allocated", name)
		t.Log(name, (after.TotalAlloc-before.TotalAlloc)>>20, "MiB", time.Since(began))
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
