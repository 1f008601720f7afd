package workitem_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// typical is a workitem of thirty items with twenty lines of history.
func typical() workitem.Items {
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	items := workitem.Items{
		workitem.UniqueID: {"018f2b5c-9f2e-7d41-8b1a-3f0a4c1d2e3f"}, workitem.TransactionID: {"d4c3b2a1-0f1e-4d2c-8b3a-495867768594"},
		workitem.ModelVersion: {"invoice-2.4"}, workitem.TaskID: {int64(5100)}, workitem.EventID: {int64(20)},
		workitem.WorkflowGroup: {"Invoice"}, workitem.WorkflowStatus: {"Approval"}, workitem.Type: {"workitem"},
		workitem.LastEvent: {int64(10)}, workitem.LastEventDate: {date}, workitem.Creator: {"anna"}, workitem.Editor: {"eddy"},
		"invoice.amount": {1234.5}, "invoice.tax": {19.0}, "invoice.date": {date}, "invoice.paid": {false}, "invoice.number": {int64(2026000123)},
		"_subject": {"Invoice 2026-000123 of Müller & Söhne"}, "team": {"anna", "bob", "carla"},
		"_description": {"The goods have come on Monday; two of them were broken and are to be paid by the sender.\nSee the attached letter."},
	}
	for i := range 9 {
		items[fmt.Sprintf("field.%d", i)] = []any{fmt.Sprintf("a value of some length, number %d", i)}
	}
	for i := range 20 {
		items.Append(workitem.EventLog, fmt.Sprintf("2026-03-01T12:%02d:00.000|invoice-2.4|%d.10|5100|the reminder was sent", i, 1000+100*i))
	}
	return items
}

// plain is the same as encoding/json knows it, without its types.
func plain(items workitem.Items) map[string]any {
	m := make(map[string]any, len(items))
	for name, values := range items {
		m[name] = values
	}
	return m
}

// BenchmarkItems compares our codec with encoding/json, which loses types.
func BenchmarkItems(b *testing.B) {
	items := typical()
	text := workitem.AppendJSON(nil, items)
	b.Run("write/items", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		var buffer []byte
		for b.Loop() {
			buffer = workitem.AppendJSON(buffer[:0], items)
		}
	})
	b.Run("write/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		m := plain(items)
		for b.Loop() {
			written, err := json.Marshal(m)
			require.NoError(b, err)
			b.SetBytes(int64(len(written)))
		}
	})
	b.Run("read/items", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			_, err := workitem.ParseJSON(text)
			require.NoError(b, err)
		}
	})
	b.Run("read/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			var m map[string]any
			require.NoError(b, json.Unmarshal(text, &m))
		}
	})
}
