package conformance_test

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var xmlDifferences = []difference{
	{rule: "X1", kind: "xml", matches: hasJavaType, always: true},
	{rule: "X2", kind: "xml", matches: hasLargeCharacter, always: true},
	{rule: "X3", kind: "xml", matches: losesXML, always: true},
	{rule: "X4", kind: "xml", matches: crashesXML, always: true},
}

// hasLargeCharacter: a character is written that Java holds as two.
func hasLargeCharacter(c *engineCase) bool {
	found := false
	walk(written(c), func(v any) {
		text, _ := v.(string)
		found = found || strings.ContainsFunc(text, func(r rune) bool { return r > 0xffff && utf8.ValidRune(r) })
	})
	return found
}

// readXML returns the text that a case reads without an error.
func readXML(c *engineCase) string {
	var in xmlCase
	if c.into(&in) != nil || !strings.HasPrefix(in.Op, "read") {
		return ""
	}
	return in.XML
}

// losesXML: the original drops or changes something without an error.
func losesXML(c *engineCase) bool {
	var in xmlCase
	if c.into(&in) != nil || in.Expect.Error != nil {
		return false
	}
	decoder := xml.NewDecoder(strings.NewReader(readXML(c)))
	return strings.Contains(in.XML, "<!DOCTYPE") || losesElement(decoder, xml.StartElement{})
}

// losesElement reads an element to its end.
func losesElement(decoder *xml.Decoder, start xml.StartElement) bool {
	typ, nothing := attributeOf(start, "type"), attributeOf(start, "nil")
	_, local, _ := strings.Cut(typ, ":")
	lost, text, children := start.Name.Local == "item" && attributeOf(start, "name") == "", "", 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return err == io.EOF && lost //nolint:errorlint // as it is documented
		}
		switch token := token.(type) {
		case xml.StartElement:
			children++
			lost = losesElement(decoder, token) || lost
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			simple := start.Name.Local == "value" && typ != "xmlItem" && typ != "xmlItemArray" && nothing != "true"
			return lost || (simple && (children > 0 || !isLexical(local, text)))
		}
	}
}

func attributeOf(start xml.StartElement, local string) string {
	for _, a := range start.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// isLexical reports whether a text is one of its type in XML Schema.
func isLexical(local, text string) bool {
	trimmed := strings.TrimSpace(text)
	switch local {
	case "":
		return trimmed == ""
	case "string", "anyURI", "token", "normalizedString", "language", "Name", "NCName", "NMTOKEN", "ENTITY", "anySimpleType":
		return true
	case "byte", "short", "int":
		_, err := strconv.ParseInt(trimmed, 10, map[string]int{"byte": 8, "short": 16, "int": 32}[local])
		return err == nil
	case "unsignedByte", "unsignedShort", "unsignedInt":
		_, err := strconv.ParseUint(trimmed, 10, 32)
		return err == nil
	case "base64Binary":
		_, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		return err == nil
	case "dateTime", "date":
		return isLexicalDate(trimmed)
	}
	pattern := map[string]string{
		"long": `[+-]?\d+`, "integer": `[+-]?\d+`, "unsignedLong": `\d+`, "positiveInteger": `\d+`, "nonNegativeInteger": `\d+`, "negativeInteger": `-\d+`,
		"double": `[+-]?[\d.]+([eE][+-]?\d+)?|NaN|-?INF`, "float": `[+-]?[\d.]+([eE][+-]?\d+)?|NaN|-?INF`, "decimal": `[+-]?[\d.]+`,
		"boolean": `true|false|1|0`, "time": `\d\d:\d\d:\d\d.*`,
	}[local]
	return pattern != "" && regexp.MustCompile("^("+pattern+")$").MatchString(trimmed)
}

func isLexicalDate(text string) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly, "2006-01-02Z07:00"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// crashesXML: the original crashes at an embedded list without an element, and at
// what it cannot write.
func crashesXML(c *engineCase) bool {
	var in xmlCase
	_ = c.into(&in)
	if strings.HasPrefix(in.Op, "write") {
		return in.Expect.Error != nil && !hasJavaType(c)
	}
	return regexp.MustCompile(`xsi:type="xmlItem"\s*(/>|>\s*</value>)`).MatchString(readXML(c))
}
