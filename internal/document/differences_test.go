package document_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var xmlDifferences = []difference{
	{rule: "X1", kind: "xml", matches: hasJavaType},
	{rule: "X2", kind: "xml", matches: hasLargeCharacter},
	{rule: "X3", kind: "xml", matches: losesXML},
	{rule: "X4", kind: "xml", matches: crashesXML},
}

var jsonDifferences = []difference{
	{rule: "X1", kind: "json", matches: hasJavaType},
	{rule: "X3", kind: "json", matches: losesJSON},
	{rule: "X5", kind: "json", matches: cannotBeReadAgain},
	{rule: "X6", kind: "json", matches: hasTypeOnlyWritten},
	{rule: "X7", kind: "json", matches: hasPlainValue},
	{rule: "X8", kind: "json", matches: misleadsOldReader},
}

// walk calls visit for a recorded value and all within it; what is tagged comes
// as an object of one member.
func walk(v any, visit func(v any)) {
	visit(v)
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			visit(name)
			walk(member, visit)
		}
	case []any:
		for _, element := range v {
			walk(element, visit)
		}
	}
}

// written returns what a case writes, as it is recorded, nil if it reads.
func written(c *engineCase) any {
	var in struct {
		Op        string
		Items     any
		Documents any
	}
	decoder := json.NewDecoder(strings.NewReader(string(c.raw)))
	decoder.UseNumber()
	if decoder.Decode(&in) != nil || (in.Op != "build" && !strings.HasPrefix(in.Op, "write")) {
		return nil
	}
	return map[string]any{"items": in.Items, "documents": in.Documents}
}

// hasJavaType: something is written that Java keeps in a type that items do not
// have here, or an integer beyond 64 bits is read.
func hasJavaType(c *engineCase) bool {
	found := false
	walk(written(c), func(v any) {
		switch v := v.(type) {
		case []any:
			found = found || (len(v) > 1 && slices.Contains(v, nil))
		case map[string]any:
			for tag, content := range v {
				found = found || isJavaType(tag, content)
			}
		}
	})
	for _, m := range regexp.MustCompile(`"@bigint": "([+-]?\d+)"`).FindAllStringSubmatch(string(c.raw), -1) {
		_, err := strconv.ParseInt(m[1], 10, 64)
		found = found || err != nil
	}
	return found
}

func isJavaType(tag string, content any) bool {
	switch tag {
	case "@short", "@byte", "@float", "@bigdecimal", "@bigint", "@char", "@StringArray", "@intArray":
		return true
	case "@long":
		n, _ := content.(json.Number)
		_, err := strconv.ParseInt(n.String(), 10, 32)
		return err == nil
	case "@map":
		members, _ := content.(map[string]any)
		for _, member := range members {
			if member == nil {
				return true
			}
		}
	}
	return false
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

// losesJSON: the original drops a value that has no name, the second of two
// members of the same name or what follows where it has ceased to read, or it
// repeats the text of another value.
func losesJSON(c *engineCase) bool {
	in, values := parsedValues(c)
	if in.Op != "parse" || in.Expect.Error != nil || hasPlainValue(c) || hasTypeOnlyWritten(c) {
		return false
	}
	_, lost := values[""]
	for _, given := range values {
		for _, v := range given {
			list, _ := v.([]any)
			lost = lost || (len(list) > 1 && slices.ContainsFunc(list[1:], hasNoText))
		}
	}
	return lost || !json.Valid([]byte(in.JSON)) || strings.Count(in.JSON, `"item"`) > len(in.Expect.Documents) ||
		hasTwins(json.NewDecoder(strings.NewReader(in.JSON)))
}

func hasNoText(v any) bool {
	m, isObject := v.(map[string]any)
	_, ok := m["$"]
	return isObject && !ok
}

// hasTwins reports whether the next value has a member twice.
func hasTwins(decoder *json.Decoder) bool {
	token, err := decoder.Token()
	if err != nil || (token != json.Delim('{') && token != json.Delim('[')) {
		return false
	}
	twins, names := false, map[json.Token]bool{}
	for decoder.More() {
		if token == json.Delim('{') {
			name, _ := decoder.Token()
			twins = twins || names[name]
			names[name] = true
		}
		twins = hasTwins(decoder) || twins
	}
	_, _ = decoder.Token() // its end
	return twins
}

// parsedValues returns a case and the values of its items by name, as they stand.
func parsedValues(c *engineCase) (jsonCase, map[string][]any) {
	var in jsonCase
	var text any
	values := map[string][]any{}
	if c.into(&in) != nil || json.Unmarshal([]byte(in.JSON), &text) != nil {
		return in, values
	}
	walk(text, func(v any) {
		m, _ := v.(map[string]any)
		list, _ := m["item"].([]any)
		for _, element := range list {
			item, _ := element.(map[string]any)
			name, _ := item["name"].(string)
			if v, ok := item["value"]; ok {
				values[name] = append(values[name], v)
			}
		}
	})
	return in, values
}

// cannotBeReadAgain: what the original writes is no JSON, lacks an item or
// the milliseconds of a date, or has a backslash that is none any more.
func cannotBeReadAgain(c *engineCase) bool {
	var in jsonCase
	if c.into(&in) != nil || in.Op != "build" || hasJavaType(c) {
		return false
	}
	found := !json.Valid([]byte(in.Expect.JSON))
	for _, values := range in.Items {
		found = found || len(values) == 0
	}
	walk(written(c), func(v any) {
		text, _ := v.(string)
		found = found || strings.Contains(text, `\`)
		found = found || regexp.MustCompile(`^\d{4}-\d\d-\d\dT.*\.\d*[1-9]`).MatchString(text)
	})
	return found
}

// hasTypeOnlyWritten: a type that the original writes, and reads as a text.
func hasTypeOnlyWritten(c *engineCase) bool {
	in, _ := parsedValues(c)
	return in.Op == "parse" && in.Expect.Error == nil && json.Valid([]byte(in.JSON)) &&
		regexp.MustCompile(`(?i)"@type"\s*:\s*"xs:(dateTime|base64Binary)"`).MatchString(in.JSON)
}

// hasPlainValue: a value of an item is no object, or an element of its array is none.
func hasPlainValue(c *engineCase) bool {
	in, values := parsedValues(c)
	if in.Op != "parse" || hasTypeOnlyWritten(c) {
		return false
	}
	isPlain := func(v any) bool {
		_, isObject := v.(map[string]any)
		return v != nil && !isObject
	}
	for _, given := range values {
		for _, v := range given {
			list, isList := v.([]any)
			if (!isList && isPlain(v)) || slices.ContainsFunc(list, isPlain) {
				return true
			}
		}
	}
	return false
}

// misleadsOldReader: the older reader of the original looks for brackets wherever
// they stand, knows three types and appends what comes under the same name.
func misleadsOldReader(c *engineCase) bool {
	in, values := parsedValues(c)
	if in.Op != "parseWorkitem" {
		return false
	}
	found := false
	for _, given := range values {
		found = found || len(given) > 1
		walk(given, func(v any) {
			m, _ := v.(map[string]any)
			typ, typed := m["@type"].(string)
			text, _ := m["$"].(string)
			found = found || strings.ContainsAny(text, `{}[]\"`) ||
				(typed && !slices.Contains([]string{"xs:string", "xs:double", "xs:float"}, strings.ToLower(typ)))
		})
	}
	return found || !json.Valid([]byte(in.JSON))
}
