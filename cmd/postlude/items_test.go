package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestParseValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"":                 "",
		"plain text":       "plain text",
		"1500":             int64(1500),
		"-1.5":             -1.5,
		"true":             true,
		"tomorrow":         "tomorrow",
		"null":             "null",
		`"42"`:             "42",
		"1,2":              "1,2",
		"[1,2]":            workitem.List{int64(1), int64(2)},
		"[urgent] printer": "[urgent] printer",
		`{"a":1}`:          workitem.Map{"a": int64(1)},
		`1],"x":[2`:        `1],"x":[2`,
		"2026-01-02":       "2026-01-02",
	} {
		require.Equal(t, want, parseValue(text), text)
	}
}

func TestItemsOfCommandLine(t *testing.T) {
	t.Parallel()
	c := workitemProcessCommand{
		Model: "m-1", Task: 100, Event: 10, ID: "u",
		Items: []string{"Amount=1.5", "tags=a", "tags=b", "eq=x=y"},
		Input: []string{"-", "subject=from the line"},
	}
	got, err := c.items(streams{in: strings.NewReader(`{"subject":["from the file"],"kept":[1],"$taskid":[5]}`)})
	require.NoError(t, err)
	require.Equal(t, workitem.Items{
		"subject": {"from the line"}, "kept": {int64(1)}, "amount": {1.5}, "tags": {"a", "b"}, "eq": {"x=y"},
		workitem.ModelVersion: {"m-1"}, workitem.TaskID: {int64(100)}, workitem.EventID: {int64(10)}, workitem.UniqueID: {"u"},
	}, got)
}
