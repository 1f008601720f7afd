package outbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestWhatMustNotBeWritten(t *testing.T) {
	t.Parallel()
	good := outbox.NewEntry{Topic: "invoice.sent", Ref: "1", Data: []byte("{}"), Delay: time.Second}
	require.NoError(t, good.Check())
	armed := outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "1", ArmedBy: "a"}
	require.NoError(t, armed.Check())
	for name, spoil := range map[string]func(*outbox.NewEntry){
		"no topic":            func(e *outbox.NewEntry) { e.Topic = "" },
		"no ref":              func(e *outbox.NewEntry) { e.Ref = "" },
		"topic of the kernel": func(e *outbox.NewEntry) { e.Topic = outbox.TopicAsync },
		"negative delay":      func(e *outbox.NewEntry) { e.Delay = -1 },
		"much data":           func(e *outbox.NewEntry) { e.Data = make([]byte, 512<<10+1) },
		"long topic":          func(e *outbox.NewEntry) { e.Topic = strings.Repeat("t", 1001) },
		"long ref":            func(e *outbox.NewEntry) { e.Ref = strings.Repeat("r", 1001) },
	} {
		e := good
		spoil(&e)
		require.ErrorIs(t, e.Check(), outbox.ErrInvalid, name)
	}
}
