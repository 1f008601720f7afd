package conformance_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// itemCase is a call of a method of the original's collection of items.
type itemCase struct {
	Items  items
	Call   []value
	Expect struct {
		Return      *value
		ReturnItems items
		Items       items // if the call changed them
		Error       *failure
	}
}

func (c *itemCase) method() string { return c.text(0) }

// text returns an argument, "" if it is no text.
func (c *itemCase) text(i int) string {
	if i >= len(c.Call) {
		return ""
	}
	s, _ := c.Call[i].v.(string)
	return s
}

// typed reports whether the call asks for values of a Java type.
func (c *itemCase) typed() bool {
	_, ok := c.Call[len(c.Call)-1].v.(class)
	return ok
}

// returns is the recorded result.
func (c *itemCase) returns() any {
	if c.Expect.Return == nil {
		return nil
	}
	return c.Expect.Return.v
}

func itemCaseOf(c *engineCase) itemCase {
	var in itemCase
	_ = c.into(&in)
	return in
}

func runItem(t *testing.T, c *engineCase) error {
	t.Helper()
	var in itemCase
	c.decode(t, &in)
	it := in.Items.clone()
	got, err := in.call(it)
	if in.Expect.Error != nil || err != nil {
		return in.Expect.Error.compare(err)
	}
	want := in.Expect.Items
	if want == nil {
		want = in.Items
	}
	compare := newComparison()
	if err := compare.items("items", want, it); err != nil {
		return err
	}
	if in.Expect.ReturnItems != nil {
		selected, _ := got.(workitem.Items)
		return compare.items("return", in.Expect.ReturnItems, selected)
	}
	return compare.value("return", in.returns(), got)
}

// call makes the call in Go. What only scripts have is called from a script.
func (c *itemCase) call(it workitem.Items) (any, error) {
	name := c.text(1)
	switch c.method() {
	case "hasItem":
		return it.Has(name), nil
	case "isItemEmpty":
		return it.Empty(name), nil
	case "clone":
		return it.Select(c.names()...)
	case "mergeItems", "replaceAllItems":
		return nil, c.fromOther(it)
	case "removeItem":
		it.Remove(name)
		return nil, nil //nolint:nilnil // returns nothing
	case "purgeItemValue":
		it.Purge(name)
		return nil, nil //nolint:nilnil // returns nothing
	case "parseStringToDouble":
		return workitem.ParseDouble(name), nil
	}
	switch {
	case strings.HasPrefix(c.method(), "getItemValue"):
		return c.get(it, name)
	case strings.HasSuffix(c.method(), "ItemValue"), strings.HasSuffix(c.method(), "ItemValueUnique"):
		return nil, c.change(it, name)
	}
	return c.fromScript(it)
}

func (c *itemCase) get(it workitem.Items, name string) (any, error) {
	method := c.method()
	if c.typed() {
		javaType, _ := c.Call[2].v.(class)
		method += string(javaType)
	}
	switch method {
	case "getItemValue", "getItemValueList":
		if c.Call[1].v == nil {
			return nil, nil //nolint:nilnil // no name: Go has no such text
		}
		return append(workitem.List{}, it.Values(name)...), nil
	case "getItemValueString":
		return it.Text(name), nil
	case "getItemValueInteger":
		return int64(it.Int(name)), nil
	case "getItemValueLong":
		return it.Long(name), nil
	case "getItemValueDouble":
		return it.Double(name), nil
	case "getItemValueFloat":
		return c.single(it.Double(name)), nil
	case "getItemValueBoolean":
		return it.Bool(name), nil
	case "getItemValueDate", "getItemValueLocalDateTime":
		return dateOrNil(it.Date(name)), nil
	case "getItemValueLocalDate":
		return dateOrNil(it.Date(name).Truncate(24 * time.Hour)), nil
	}
	return nil, fmt.Errorf("no such method: %s", method)
}

// single returns the recorded value if ours is the same in single precision.
func (c *itemCase) single(ours float64) float64 {
	if c.Expect.Return == nil {
		return ours
	}
	if want, ok := c.Expect.Return.v.(float64); ok && float32(want) == float32(ours) {
		return want
	}
	return ours
}

func dateOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func (c *itemCase) names() []string {
	if len(c.Call) < 2 {
		return []string{".*"}
	}
	list, _ := c.Call[1].v.(workitem.List)
	if len(list) == 0 {
		return []string{".*"}
	}
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = workitem.FormatValue(name)
	}
	return names
}

func (c *itemCase) fromOther(it workitem.Items) error {
	members, ok := c.Call[1].v.(workitem.Map)
	if !ok {
		return fmt.Errorf("not items: %v", c.Call[1].v)
	}
	other := workitem.Items{}
	for name, values := range members {
		if err := other.Put(name, values); err != nil {
			return err
		}
	}
	if c.method() == "mergeItems" {
		it.Merge(other)
		return nil
	}
	maps.Copy(it, other)
	return nil
}

func (c *itemCase) change(it workitem.Items, name string) error {
	given := workitem.Items{}
	if err := given.Put("v", argument(c.Call[2].v)); err != nil {
		return err
	}
	switch method := strings.TrimSuffix(c.method(), "ItemValueUnique"); strings.TrimSuffix(method, "ItemValue") {
	case "set", "replace":
		delete(it, strings.ToLower(strings.TrimSpace(name)))
		if given.Has("v") {
			if err := it.Put(name, given.Values("v")); err != nil {
				return err
			}
		}
	case "append":
		it.Append(name, given.Values("v")...)
	case "insert":
		it.Prepend(name, given.Values("v")...)
	default:
		return fmt.Errorf("no such method: %s", c.method())
	}
	if strings.HasSuffix(c.method(), "Unique") {
		it.Purge(name)
	}
	return nil
}

// argument returns an argument as Go code would have it.
func argument(v any) any {
	switch v := v.(type) {
	case several:
		return workitem.List(v)
	case oneArray:
		return workitem.List{workitem.List(v)}
	}
	return v
}

// fromScript makes the call from a script. Only what has no method in Go comes
// here: its arguments are texts and numbers.
func (c *itemCase) fromScript(it workitem.Items) (any, error) {
	arguments := make([]string, 0, len(c.Call))
	for _, a := range c.Call[1:] {
		switch v := a.v.(type) {
		case string:
			arguments = append(arguments, fmt.Sprintf("%q", v))
		case int64:
			arguments = append(arguments, fmt.Sprint(v))
		default:
			return nil, fmt.Errorf("argument %v of %s", v, c.method())
		}
	}
	method := c.method()
	if setter, ok := fluent[method]; ok {
		method = setter
	}
	var e script.Engine
	source := fmt.Sprintf("var result={r:workitem.%s(%s)}", method, strings.Join(arguments, ","))
	result, _, err := e.Rule(script.Compile(source), it, nil, scriptLimit)
	values := result.Values("r")
	if _, list := c.returns().(workitem.List); list {
		return values, err
	}
	if err == nil && len(values) > 0 {
		return values[0], nil
	}
	return nil, err
}

// fluent are the setters that chain in the original. All do here.
var fluent = map[string]string{
	"model": "setModelVersion", "task": "setTaskID", "event": "setEventID", "workflowGroup": "setWorkflowGroup",
}

// itemDifferences are rules about items.
var itemDifferences = []difference{
	{rule: "I1", kind: "item", matches: otherWidth},
	{rule: "I2", kind: "item", matches: decimalText},
	{rule: "I3", kind: "item", matches: typedCall},
	{rule: "I4", kind: "item", matches: changingGetter},
	{rule: "I5", kind: "item", matches: attachment},
}

// otherWidth is for questions about the Java type of a number.
func otherWidth(c *engineCase) bool {
	in := itemCaseOf(c)
	var asked, has string
	switch in.method() {
	case "isItemValueInteger", "isItemValueLong":
		asked = "integer"
	case "isItemValueDouble", "isItemValueFloat":
		asked = "double"
	default:
		return false
	}
	if values := in.Items[in.text(1)]; len(values) > 0 {
		switch values[0].(type) {
		case int64:
			has = "integer"
		case float64:
			has = "double"
		}
	}
	yes, _ := in.returns().(bool)
	return !yes && asked != "" && asked == has
}

// decimalText is for decimals with an exponent in their text, which the
// original reads again to make a number of it.
func decimalText(c *engineCase) bool {
	in := itemCaseOf(c)
	switch in.method() {
	case "getItemValueString", "getItemValueFloat", "getItemValueDouble":
		return strings.Contains(string(c.raw), `{"@bigdecimal": "1E+3"}`)
	}
	return false
}

// typedCall is for calls that name a Java type, without those that have a
// getter of their own here.
func typedCall(c *engineCase) bool {
	in := itemCaseOf(c)
	if !in.typed() {
		return false
	}
	if in.method() == "getItemValueList" {
		return true
	}
	javaType, _ := in.Call[2].v.(class)
	return in.returns() == nil && (javaType == "Double" || javaType == "Float" || javaType == "Boolean" ||
		(javaType == "Date" && dateOrNil(in.Items.clone().Date(in.text(1))) != nil))
}

// changingGetter is for getters of ids that fill in what they did not find.
func changingGetter(c *engineCase) bool {
	in := itemCaseOf(c)
	return (in.method() == "getTaskID" || in.method() == "getEventID") && in.Expect.Items != nil
}

func attachment(c *engineCase) bool {
	in := itemCaseOf(c)
	return strings.Contains(in.method(), "File")
}
