package workitem_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func repeated(element string, n int) string { return strings.Repeat(element+",", n-1) + element }

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":1,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestParseJSONHasLimits(t *testing.T) {
	t.Parallel()
	dates := repeated(`{"@date":"2026-01-01T00:00:00Z"}`, workitem.MaxItems+1)
	for name, c := range map[string]struct{ text, reason string }{
		"most values":       {`{"a":[` + repeated(`{}`, workitem.MaxValues) + `]}`, ""},
		"values":            {`{"a":[` + repeated(`{}`, workitem.MaxValues) + `],"b":1}`, "more than 250000 values"},
		"nulls":             {`{"a":[` + repeated(`null`, workitem.MaxValues+1) + `]}`, "more than 250000 values"},
		"values in maps":    {`{"a":{"b":[` + repeated(`1`, workitem.MaxValues) + `]}}`, "more than 250000 values"},
		"most items":        {`{` + members(workitem.MaxItems) + `}`, ""},
		"items":             {`{` + members(workitem.MaxItems+1) + `}`, "more than 100000 items"},
		"most members":      {`{"a":{` + members(workitem.MaxItems-1) + `}}`, ""},
		"members":           {`{"a":{` + members(workitem.MaxItems) + `}}`, "more than 100000 items"},
		"members of many":   {`{"a":[` + repeated(`{"b":1}`, workitem.MaxItems) + `]}`, "more than 100000 items"},
		"members in @map":   {`{"a":[` + repeated(`{"@map":{"@b":1}}`, workitem.MaxItems) + `]}`, "more than 100000 items"},
		"members with @":    {`{"a":[` + repeated(`{"@b":1,"c":1}`, workitem.MaxItems) + `]}`, "more than 100000 items"},
		"tags do not count": {`{"a":[` + dates + `]}`, ""},
	} {
		items, err := workitem.ParseJSON([]byte(c.text))
		if c.reason == "" {
			require.NoError(t, err, name)
			again, err := workitem.ParseJSON(workitem.AppendJSON(nil, items))
			require.NoError(t, err, name)
			require.Len(t, again, len(items))
			continue
		}
		var syntax *workitem.SyntaxError
		require.ErrorAs(t, err, &syntax, name)
		require.Equal(t, c.reason, syntax.Reason, name)
	}
}

// What has been stored is read, whatever limits a client's text has.
func TestWhatIsStoredIsReadWithoutLimits(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"": {"x"}, "a\x01": {workitem.Map{"\x01": "x"}}}
	for range workitem.MaxValues + 1 {
		items["many"] = append(items["many"], true)
	}
	members := workitem.Map{}
	for i := range workitem.MaxItems + 1 {
		members[fmt.Sprint(i)] = true
	}
	items["members"] = []any{members}
	deep := any("x")
	for range 4500 {
		deep = workitem.Map{"m": workitem.List{deep}}
	}
	items["deep"] = []any{deep}
	text := workitem.AppendJSON(nil, items)
	_, err := workitem.ParseJSON(text)
	require.Error(t, err)

	record := workitem.Record{Created: time.Unix(0, 0), Modified: time.Unix(0, 0)}
	require.NoError(t, record.Decode(text))
	record.Items.Remove(workitem.Created)
	record.Items.Remove(workitem.Modified)
	require.Equal(t, string(text), string(workitem.AppendJSON(nil, record.Items)))
}

func TestNamesThatNoFormCanHold(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`\u0001`, `a\u001f`, `\ufffe`, `a\uffffb`} {
		for _, text := range []string{`{"` + name + `":1}`, `{"a":{"` + name + `":1}}`, `{"a":{"@map":{"@` + name + `":1}}}`, `{"a":{"@` + name + `":1,"b":2}}`} {
			_, err := workitem.ParseJSON([]byte(text))
			require.ErrorContains(t, err, "has a character that XML cannot hold", "%s", text)
		}
	}
	for _, name := range []string{"", " ", `\n`} {
		_, err := workitem.ParseJSON([]byte(`{"` + name + `":1}`))
		require.ErrorContains(t, err, "an item has no name", name)
	}
	for _, text := range []string{`{"a\u007f\u0085\ufffd\ufdd0":1}`, `{"a\tb\r\nc":1}`, `{"a":{"":1}}`} {
		_, err := workitem.ParseJSON([]byte(text))
		require.NoError(t, err, "%s", text)
	}
	require.False(t, workitem.ValidName("a\xff"))
}

// A text must not come back in its error, however large it is.
func TestErrorsOfParseJSONAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("1", 100_000)
	for _, text := range []string{
		`{"` + long + `":1,"` + long + `":1}`, `{"a":{"` + long + `":1,"` + long + `":1}}`, `{"` + long + `\u0001":1}`,
		`{"a":` + long + `}`, `{"a":` + long + `-}`, `{"a":1e` + long + `}`, `{"a":{"@` + long + `":1}}`,
	} {
		_, err := workitem.ParseJSON([]byte(text))
		require.Error(t, err)
		require.Less(t, len(err.Error()), 400)
	}
}

// A date of a year that is not written with four digits would never be read again.
func TestDatesStayWithinTheirYears(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"0000-01-01T00:00:00Z": true, "0000-01-01T00:00:00+01:00": false, "9999-12-31T23:59:59Z": true, "9999-12-31T23:59:59-01:00": false,
	} {
		items, err := workitem.ParseJSON([]byte(`{"a":{"@date":"` + text + `"}}`))
		require.Equal(t, ok, err == nil, "%s: %v", text, err)
		if ok {
			_, err = workitem.ParseJSON(workitem.AppendJSON(nil, items))
			require.NoError(t, err)
		}
	}
}
