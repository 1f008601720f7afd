package conformance_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

var jsonDifferences = []difference{
	{rule: "X1", kind: "json", matches: hasJavaType, always: true},
	{rule: "X3", kind: "json", matches: losesJSON, always: true},
	{rule: "X5", kind: "json", matches: cannotBeReadAgain, always: true},
	{rule: "X6", kind: "json", matches: hasTypeOnlyWritten, always: true},
	{rule: "X7", kind: "json", matches: hasPlainValue, always: true},
	{rule: "X8", kind: "json", matches: misleadsOldReader, always: true},
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
