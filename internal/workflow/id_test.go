package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func TestAWorkitemHasExactlyOneID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given []any
		want  string
	}{
		"absent":           {nil, "id1"},
		"no values":        {[]any{}, "id1"},
		"empty":            {[]any{""}, "id1"},
		"empty, and more":  {[]any{"", "zzz"}, "id1"},
		"twice empty":      {[]any{"", ""}, "id1"},
		"no bytes":         {[]any{[]byte{}}, "id1"},
		"first counts":     {[]any{"a", "b"}, "a"},
		"integer":          {[]any{int64(5)}, "5"},
		"boolean":          {[]any{true}, "true"},
		"as Imixs":         {[]any{"5d4b7b4e-6b0d-4b3e-8f0a-2b6f0f6f2b11-1700000000000"}, "5d4b7b4e-6b0d-4b3e-8f0a-2b6f0f6f2b11-1700000000000"},
		"anything visible": {[]any{"Rechnung 7/2026 äöü 'x' <&>.*%"}, "Rechnung 7/2026 äöü 'x' <&>.*%"},
		"longest":          {[]any{strings.Repeat("a", 255)}, strings.Repeat("a", 255)},
		"longer":           {[]any{strings.Repeat("a", 256)}, ""},
		"blank":            {[]any{" "}, ""},
		"blank in front":   {[]any{" a"}, ""},
		"no-break space":   {[]any{"a\u00a0"}, ""},
		"line feed":        {[]any{"a\nb"}, ""},
		"U+0000":           {[]any{"a\x00"}, ""},
		"delete":           {[]any{"a\x7f"}, ""},
		"C1":               {[]any{"a\u0085b"}, ""},
		"no UTF-8":         {[]any{"a\xff"}, ""},
		"bytes":            {[]any{[]byte("a")}, ""},
		"double":           {[]any{1.5}, ""},
		"date":             {[]any{time.Now()}, ""},
		"list":             {[]any{workitem.List{"a"}}, ""},
		"map":              {[]any{workitem.Map{"a": "b"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := at("permit-1.0", 100, 10)
			if c.given != nil {
				given[workitem.UniqueID] = c.given
			}
			result, err := kernel(t, "boundary-events-and-gateway").Process(t.Context(), given, workflow.Options{})
			if c.want == "" {
				require.Equal(t, workflow.InvalidID, workflow.ErrorCode(err))
				require.Less(t, len(err.Error()), 200)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []any{c.want}, result.Workitem.Items[workitem.UniqueID])
		})
	}
}
