package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// items are recorded items: tagged values, decoded as [value] says.
type items workitem.Items //nolint:recvcheck // UnmarshalJSON has to replace the map, nothing else has

// UnmarshalJSON implements [json.Unmarshaler].
func (it *items) UnmarshalJSON(data []byte) error {
	var members map[string][]value
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return err
	}
	*it = items{}
	for name, values := range members {
		list := make([]any, 0, len(values))
		for _, v := range values {
			if v.v != nil {
				list = append(list, v.v)
			}
		}
		// The original brings names into this form by itself.
		(*it)[strings.ToLower(strings.TrimSpace(name))] = list
	}
	return nil
}

// clone returns the items as ours, for a run that may change them. Nil stays
// nil: a case without a workitem, task or document.
func (it items) clone() workitem.Items {
	if it == nil {
		return nil
	}
	return workitem.Items(it).Clone()
}

// value is a recorded value as one of our item types, v:
//
//   - integers of any width are int64, those beyond it, float, double and
//     decimal are float64;
//   - a character is a string, an array a list;
//   - nothing is never a value: it is left out of lists and maps.
//
// Besides those it may be one of the types below, in an expectation
// ([timeOfRun]) or in the arguments of a call. Items as an argument are a map.
type value struct{ v any }

type (
	// timeOfRun stands for the moment at which the case ran.
	timeOfRun struct{}
	// foreign is a value that the original refuses.
	foreign struct{ text string }
	// class names a Java type.
	class string
	// several are the values of a set.
	several []any
	// oneArray is an array of texts or numbers as one argument.
	oneArray []any
)

// UnmarshalJSON implements [json.Unmarshaler].
func (v *value) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '{':
		var tagged map[string]json.RawMessage
		if err := json.Unmarshal(data, &tagged); err != nil {
			return err
		}
		var err error
		if !isTagged(tagged) {
			v.v, err = fromMap(data) // items as an argument
			return err
		}
		for tag, content := range tagged {
			v.v, err = fromTag(tag, content)
		}
		return err
	case '[':
		list, err := fromList(data)
		v.v = list
		return err
	case '"', 't', 'f', 'n':
		return json.Unmarshal(data, &v.v)
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	v.v = n
	return err
}

func isTagged(members map[string]json.RawMessage) bool {
	for name := range members {
		return len(members) == 1 && strings.HasPrefix(name, "@")
	}
	return false
}

func fromTag(tag string, content json.RawMessage) (any, error) {
	switch tag {
	case "@long", "@short", "@byte":
		return strconv.ParseInt(plain(content), 10, 64)
	case "@bigint":
		return fromBigInteger(plain(content))
	case "@double", "@float", "@bigdecimal":
		return strconv.ParseFloat(plain(content), 64)
	case "@char":
		return plain(content), nil
	case "@date", "@calendar", "@localdate", "@localdatetime":
		return fromDate(plain(content))
	case "@bytes":
		return base64.StdEncoding.DecodeString(plain(content))
	case "@map":
		return fromMap(content)
	case "@list", "@StringArray", "@intArray":
		return fromList(content)
	case "@set":
		list, err := fromList(content)
		return several(list), err
	case "@strings", "@ints":
		list, err := fromList(content)
		return oneArray(list), err
	case "@object", "@unserializable":
		return foreign{text: plain(content)}, nil
	case "@class":
		return class(plain(content)), nil
	}
	return nil, fmt.Errorf("unknown tag %s", tag)
}

func fromBigInteger(digits string) (any, error) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n, nil
	}
	return strconv.ParseFloat(digits, 64)
}

// plain is a number as it stands, or a text without its quotes.
func plain(content json.RawMessage) string {
	var s string
	if json.Unmarshal(content, &s) == nil {
		return s
	}
	return string(content)
}

func fromDate(text string) (any, error) {
	if text == "<ts>" {
		return timeOfRun{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, fmt.Errorf("not a date: %s", text)
}

func fromList(content json.RawMessage) (workitem.List, error) {
	var values []value
	if err := json.Unmarshal(content, &values); err != nil {
		return nil, err
	}
	list := make(workitem.List, 0, len(values))
	for _, v := range values {
		if v.v != nil {
			list = append(list, v.v)
		}
	}
	return list, nil
}

func fromMap(content json.RawMessage) (workitem.Map, error) {
	var members map[string]value
	if err := json.Unmarshal(content, &members); err != nil {
		return nil, err
	}
	m := workitem.Map{}
	for name, v := range members {
		if v.v != nil {
			m[name] = v.v
		}
	}
	return m, nil
}
