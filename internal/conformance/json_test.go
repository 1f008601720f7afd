package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/postlude/postlude/internal/document"
)

// jsonCase is a text that the original wrote or read.
type jsonCase struct {
	Op     string
	Items  items
	JSON   string
	Key    string
	Expect struct {
		JSON      string
		Documents []items
		Items     items
		Value     *string
		Error     *failure
	}
}

func runJSON(t *testing.T, c *engineCase) error {
	t.Helper()
	var in jsonCase
	c.decode(t, &in)
	switch in.Op {
	case "build":
		if in.Expect.Error != nil {
			return in.Expect.Error.compare(nil)
		}
		return sameJSON(in.Expect.JSON, document.AppendTypedJSON(nil, in.Items.clone()))
	case "parse":
		got, err := document.ParseJSONCollection([]byte(in.JSON))
		if in.Expect.Error != nil || err != nil {
			return in.Expect.Error.compare(err)
		}
		return compareDocuments(in.Expect.Documents, got)
	case "parseWorkitem":
		got, err := document.ParseJSON([]byte(in.JSON))
		if in.Expect.Error != nil || err != nil {
			return in.Expect.Error.compare(err)
		}
		return literally().items("items", in.Expect.Items, got)
	case "getKey":
		return in.lookup()
	}
	return fmt.Errorf("unknown op %q", in.Op)
}

func (in *jsonCase) lookup() error {
	got, ok, err := document.Lookup([]byte(in.JSON), in.Key)
	switch {
	case in.Expect.Error != nil || err != nil:
		return in.Expect.Error.compare(err)
	case ok != (in.Expect.Value != nil):
		return fmt.Errorf("found: %v, expected %v", ok, in.Expect.Value != nil)
	case ok && got != *in.Expect.Value:
		return fmt.Errorf("%q, expected %q", got, *in.Expect.Value)
	}
	return nil
}

// sameJSON compares byte by byte but for the order of items, which is that of a
// hash in the original.
func sameJSON(want string, got []byte) error {
	var a, b struct{ Item []json.RawMessage }
	if err := json.Unmarshal(got, &b); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(want), &a); err != nil {
		return fmt.Errorf("the original writes no JSON: %w", err)
	}
	texts := map[string]int{}
	for _, item := range a.Item {
		texts[string(item)]++
	}
	for _, item := range b.Item {
		texts[string(item)]--
	}
	for _, n := range texts {
		if n != 0 {
			return errors.New("written " + string(got) + ", expected " + want)
		}
	}
	return nil
}
