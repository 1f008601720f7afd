package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

const xsi = `<document xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`

func xmlValue(value string) string { return xsi + `<item name="a">` + value + `</item></document>` }

func TestXMLThatIsRefused(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                        "there is no document",
		"  <!-- c --> ":           "there is no document",
		"text":                    "text outside",
		"<document>":              "the text ends within <document>",
		"<document":               "ends within a tag",
		"<document/><document/>":  "a second root",
		"<document/>x":            "text outside",
		"<document></x>":          "in the place of",
		"</document>":             "without its start tag",
		"<document></document":    "end tag does not end",
		"<document a=1/>":         "no quotes",
		"<document a/>":           "has no value",
		`<document a="1"b="2"/>`:  "no white space",
		`<document a="1" a="2"/>`: "twice",
		`<document a="<"/>`:       "'<' in the value",
		`<document a="1/>`:        "ends within an attribute",
		`<p:document/>`:           "not declared",
		`<document p:a=""/>`:      "not declared",
		`<a:b:c/>`:                "not a name",
		`<ä/>`:                    "not a name",
		`<document xmlns:p=""/>`:  "not a declaration",
		`<document xmlns:p="u" xmlns:q="u" p:a="" q:a=""/>`:  "twice",
		`<document xmlns:p="u" xmlns:p="v"/>`:                "twice",
		`<document xmlns="u"/>`:                              "the root element is {u}document",
		`<data/>`:                                            "the root element is data, not document",
		"<document>&nbsp;</document>":                        "not a reference",
		"<document>&#0;</document>":                          "not a reference",
		"<document>&#xD800;</document>":                      "not a reference",
		"<document>&#x110000;</document>":                    "not a reference",
		"<document>&#;</document>":                           "not a reference",
		"<document>& </document>":                            "not a reference",
		"<document>]]></document>":                           `"]]>" within a text`,
		"<document><![CDATA[x</document>":                    "ends within a CDATA section",
		"<document><!-- -- --></document>":                   `"--" within a comment`,
		"<document><!-- x</document>":                        "ends within a comment",
		"<document><?x</document>":                           "ends within a processing instruction",
		"<document><?xml version='1.0'?></document>":         "at the start only",
		"<document>\x00</document>":                          "not a character",
		"<document>\x01</document>":                          "not a character",
		"<document>\xff</document>":                          "not a character",
		"<document>\ufffe</document>":                        "not a character",
		`<!DOCTYPE document [<!ENTITY a "b">]><document/>`:   "document type",
		`<?xml version="1.1"?><document/>`:                   "only 1.0",
		`<?xml version="1.0" encoding="UTF-16"?><document/>`: "only UTF-8",
		`<?xml encoding="UTF-8"?><document/>`:                "no version",
		`<?xml version="1.0" standalone="x"?><document/>`:    "standalone",
		`<?xml version="1.0" other="x"?><document/>`:         "not an XML declaration",
		`<document><item/></document>`:                       "no name",
		`<document><item name=" "/></document>`:              "no name",

		xmlValue(`<value xsi:type="xs:int">abc</value>`):                            "not a value of the type xs:int",
		xmlValue(`<value xsi:type="xs:int"></value>`):                               "not a value of the type xs:int",
		xmlValue(`<value xsi:type="xs:int">2147483648</value>`):                     "not a value of the type xs:int",
		xmlValue(`<value xsi:type="xs:unsignedInt">-1</value>`):                     "not a value of the type xs:unsignedInt",
		xmlValue(`<value xsi:type="xs:long">9223372036854775808</value>`):           "not a value of the type xs:long",
		xmlValue(`<value xsi:type="xs:double">1e999</value>`):                       "not a value of the type xs:double",
		xmlValue(`<value xsi:type="xs:double">0x1p4</value>`):                       "not a value of the type xs:double",
		xmlValue(`<value xsi:type="xs:double">Infinity</value>`):                    "not a value of the type xs:double",
		xmlValue(`<value xsi:type="xs:boolean">yes</value>`):                        "not a value of the type xs:boolean",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-29T00:00:00Z</value>`):      "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-01T24:00:01Z</value>`):      "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">12023-02-01T00:00:00Z</value>`):     "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">0000-01-01T00:00:00+01:00</value>`): "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">9999-12-31T23:00:00-01:00</value>`): "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-01T24:00:00.999Z</value>`):  "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-01T24:00:00.0001Z</value>`): "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-01T00:00:00+14:59</value>`): "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:dateTime">2023-02-01T00:00:00-14:01</value>`): "not a value of the type xs:dateTime",
		xmlValue(`<value xsi:type="xs:time">24:00:00.1</value>`):                    "not a value of the type xs:time",
		xmlValue(`<value xsi:type="xs:positiveInteger">-5</value>`):                 "not a value of the type xs:positiveInteger",
		xmlValue(`<value xsi:type="xs:positiveInteger">0</value>`):                  "not a value of the type xs:positiveInteger",
		xmlValue(`<value xsi:type="xs:nonNegativeInteger">-1</value>`):              "not a value of the type xs:nonNegativeInteger",
		xmlValue(`<value xsi:type="xs:negativeInteger">0</value>`):                  "not a value of the type xs:negativeInteger",
		xmlValue(`<value xsi:type="xs:nonPositiveInteger">1</value>`):               "not a value of the type xs:nonPositiveInteger",
		xmlValue(`<value xsi:type="xs:base64Binary">a</value>`):                     "not a value of the type xs:base64Binary",
		xmlValue(`<value xsi:type="xs:hexBinary">a</value>`):                        "not a value of the type xs:hexBinary",
		xmlValue(`<value xsi:type="xs:QName">a</value>`):                            "the type xs:QName is not known",
		xmlValue(`<value xsi:type="string">a</value>`):                              "the type string is not known",
		xmlValue(`<value xsi:type="q:string">a</value>`):                            "the type q:string is not known",
		xmlValue(`<value xsi:type="xs:string">a<b/></value>`):                       "<b> within the text",
		xmlValue(`<value xsi:nil="true">a</value>`):                                 "nil has a text",
	} {
		_, err := document.ParseXML([]byte(text))
		var e *document.ParseError
		require.ErrorAs(t, err, &e, "%s", text)
		require.Contains(t, err.Error(), reason, "%s", text)
		require.LessOrEqual(t, e.Offset, len(text))
		require.NotErrorIs(t, err, document.ErrLimit)
	}
}

func TestXMLThatIsTaken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`<value xsi:type="xs:string">a<!-- c -->b<![CDATA[<&]]><?p i?>&#x41;&apos;</value>`: "ab<&A'",
		"<value xsi:type='xs:string'>a\r\nb\rc&#13;</value>":                                "a\nb\nc\r",
		"<value xsi:type='xs:string'><![CDATA[a\r\nb\rc]]></value>":                         "a\nb\nc",
		"<value xsi:type=' xs:int\n' >\n+7 </value >":                                       int64(7),
		`<value xsi:type="xs:unsignedByte">255</value>`:                                     int64(255),
		`<value xsi:type="xs:negativeInteger">-9223372036854775808</value>`:                 int64(-1 << 63),
		`<value xsi:type="xs:nonPositiveInteger">0</value>`:                                 int64(0),
		`<value xsi:type="xs:positiveInteger">1</value>`:                                    int64(1),
		`<value xsi:type="xs:dateTime">2024-02-29T24:00:00.000+14:00</value>`:               at("2024-02-29T10:00:00Z"),
		`<value xsi:type="xs:decimal">.5</value>`:                                           0.5,
		`<value xsi:type="xs:hexBinary">00fF</value>`:                                       []byte{0, 255},
		`<value xsi:type="xs:base64Binary"> aG Vs
			bG8= </value>`: []byte("hello"),
		`<value xsi:type="xs:time">01:02:03.5+01:00</value>`:                           at("1970-01-01T00:02:03.5Z"),
		`<value xsi:type="xs:dateTime">2024-02-29T24:00:00Z</value>`:                   at("2024-03-01T00:00:00Z"),
		`<value xsi:type="xs:dateTime">2024-02-29T12:00:00.1239-0130</value>`:          at("2024-02-29T13:30:00.123Z"),
		`<value xsi:type="xs:date">2024-02-29+02:00</value>`:                           at("2024-02-28T22:00:00Z"),
		`<value>untyped</value>`:                                                       "untyped",
		`<x xmlns="u"><value/></x><value xsi:type="xmlItem"/>`:                         workitem.List{},
		`<value xsi:type="xmlItemArray"><x/>t<item name="Q"/></value>`:                 workitem.Map{"Q": workitem.List{}},
		"<value xsi:type='xmlItemArray'><item name='Q\t\r\nr&#10;'/></value>":          workitem.Map{"Q  r\n": workitem.List{}},
		`<value xsi:type="xmlItem"><value xsi:nil=" 1 "/></value>`:                     workitem.List{},
		`<value xsi:nil="false" xsi:type="xs:string"></value>`:                         "",
		`<value xmlns:y="http://www.w3.org/2001/XMLSchema" xsi:type="y:int">1</value>`: int64(1),
	} {
		items, err := document.ParseXML([]byte("\ufeff<?xml version='1.0' encoding='utf-8' ?>\n" + xmlValue(text)))
		require.NoError(t, err, "%s", text)
		require.Equal(t, workitem.Items{"a": {want}}, items, "%s", text)
	}
}

func TestXMLErrorsSayWhere(t *testing.T) {
	t.Parallel()
	_, err := document.ParseXML([]byte("<document>\n <item name='a'>\n  <b></c>\n"))
	var e *document.ParseError
	require.ErrorAs(t, err, &e)
	require.Equal(t, document.ParseError{Form: "XML", Line: 3, Offset: 33, Reason: "</c> in the place of </b>"}, *e)
	require.EqualError(t, err, "XML document: line 3, offset 33: </c> in the place of </b>")
}

// Every text that is cut off somewhere is an error, and no panic.
func TestTruncatedXML(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"x&y", int64(1), workitem.Map{"k": workitem.List{"v"}}, workitem.List{true}}, "b": {}}
	text := document.AppendXMLCollection(nil, []workitem.Items{items, items})
	for i := range text {
		_, err := document.ParseXMLCollection(text[:i])
		require.Error(t, err, "%s", text[:i])
	}
}

func TestXMLLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return xmlValue(strings.Repeat(`<value xsi:type="xmlItem">`, depth) + strings.Repeat(`</value>`, depth))
	}
	_, err := document.ParseXML([]byte(nested(document.MaxDepth)))
	require.NoError(t, err)
	var all strings.Builder
	for i := range 100 {
		fmt.Fprintf(&all, ` a%d=""`, i)
	}
	attributes := all.String()
	few := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	_, err = document.ParseXML([]byte("<document" + few(` xmlns:a%d="u"`, 16) + few(` a%d=""`, 8) + "/>"))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"depth":          nested(document.MaxDepth + 1),
		"elements":       strings.Repeat("<document>", 300),
		"values":         xmlValue(strings.Repeat("<value/>", document.MaxValues+1)),
		"items":          xsi + strings.Repeat(`<item name="a"/>`, document.MaxItems+1) + "</document>",
		"attributes":     "<document" + attributes + "/>",
		"9th attribute":  "<document" + few(` a%d=""`, 9) + "/>",
		"17th namespace": "<document" + few(` xmlns:a%d="u"`, 16) + `><x xmlns="u"/></document>`,
		"namespaces":     "<document" + strings.ReplaceAll(strings.ReplaceAll(attributes, " a", " xmlns:a"), `""`, `"u"`) + "/>",
		"size":           "<document>" + strings.Repeat(" ", document.MaxSize) + "</document>",
	} {
		_, err := document.ParseXML([]byte(text))
		require.ErrorIs(t, err, document.ErrLimit, name)
	}
	_, err = document.ParseXMLCollection([]byte("<data>" + strings.Repeat("<document/>", document.MaxDocuments+1) + "</data>"))
	require.ErrorIs(t, err, document.ErrLimit)
}
