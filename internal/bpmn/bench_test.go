package bpmn_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func ticket(tb testing.TB) []byte {
	tb.Helper()
	source, err := os.ReadFile("../../examples/ticket.bpmn")
	require.NoError(tb, err)
	return source
}

func BenchmarkParse(b *testing.B) {
	source := ticket(b)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bpmn.Parse("ticket.bpmn", bytes.NewReader(source)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	m, err := bpmn.Parse("ticket.bpmn", bytes.NewReader(ticket(b)))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if problems := m.Check(nil); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
