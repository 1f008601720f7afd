package outboxtest

import (
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func (s *suite) created() {
	const data = `{"amount":[12.50],"big":[12345678901234567890.10]}`
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	id := s.create(outbox.NewEntry{Topic: "invoice.sent", Ref: "r 1/ü", Data: []byte(data), Delay: time.Hour, Traceparent: trace})
	e := s.get(id)
	require.Equal(s.t, id, e.ID)
	require.Equal(s.t, "invoice.sent", e.Topic)
	require.Equal(s.t, "r 1/ü", e.Ref)
	require.Equal(s.t, data, string(e.Data)) //nolint:testifylint // as it was written, byte by byte
	require.Equal(s.t, trace, e.Traceparent)
	require.Equal(s.t, outbox.StatePending, e.State)
	require.InDelta(s.t, 3600, e.Due.Sub(e.Created).Seconds(), 1)
	require.Empty(s.t, e.LockOwner)
	require.Nil(s.t, e.LockExpires)
	require.Nil(s.t, e.Published)

	due := time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	e = s.get(s.create(outbox.NewEntry{Topic: "t", Ref: "r", Due: due}))
	require.True(s.t, due.Equal(e.Due), "%s", e.Due)
	require.Nil(s.t, e.Data)
}

func (s *suite) invalid() {
	for name, e := range map[string]*outbox.NewEntry{
		"no topic":       {Ref: "r"},
		"no ref":         {Topic: "t"},
		"long names":     {Topic: strings.Repeat("t", 1000), Ref: strings.Repeat("r", 1501)},
		"negative delay": {Topic: "t", Ref: "r", Delay: -time.Millisecond},
		"no JSON":        {Topic: "t", Ref: "r", Data: []byte("{")},
		"U+0000":         {Topic: "t", Ref: "r", Data: []byte(`"\u0000"`)},
		"long key":       {Topic: "t", Ref: "r", IdempotencyKey: strings.Repeat("k", 256)},
		"no trace":       {Topic: "t", Ref: "r", Traceparent: "00-1-2-3"},
		"zero trace":     {Topic: "t", Ref: "r", Traceparent: "00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
		"zero span":      {Topic: "t", Ref: "r", Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"},
		"trace of ff":    {Topic: "t", Ref: "r", Traceparent: "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	} {
		_, _, err := s.Create(s.t.Context(), *e)
		require.ErrorIs(s.t, err, outbox.ErrInvalid, name)
	}
	all, err := s.List(s.t.Context(), outbox.Selection{Limit: 10})
	require.NoError(s.t, err)
	require.Empty(s.t, all)
}

func (s *suite) key() {
	due := time.Now().Add(time.Hour)
	entry := outbox.NewEntry{Topic: "t", Ref: "r", Data: []byte(`[1]`), Due: due, IdempotencyKey: "key 1"}
	id := s.create(entry)
	entry.Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" // of another attempt
	again, isNew, err := s.Create(s.t.Context(), entry)
	require.NoError(s.t, err)
	require.Equal(s.t, id, again)
	require.False(s.t, isNew)

	for name, change := range map[string]func(*outbox.NewEntry){
		"topic": func(e *outbox.NewEntry) { e.Topic = "other" },
		"ref":   func(e *outbox.NewEntry) { e.Ref = "other" },
		"data":  func(e *outbox.NewEntry) { e.Data = []byte(`[2]`) },
		"none":  func(e *outbox.NewEntry) { e.Data = nil },
		"due":   func(e *outbox.NewEntry) { e.Due = due.Add(time.Microsecond) },
		"delay": func(e *outbox.NewEntry) { e.Due, e.Delay = time.Time{}, time.Hour },
	} {
		other := entry
		change(&other)
		_, _, err := s.Create(s.t.Context(), other)
		require.ErrorIs(s.t, err, outbox.ErrKeyReused, name)
	}
	entry.IdempotencyKey = "key 2"
	require.NotEqual(s.t, id, s.create(entry))
	entry.IdempotencyKey = ""
	s.create(entry)
	s.create(entry) // without a key each call is an entry
}

func (s *suite) keyRace() {
	const calls = 20
	ids, news := make([]uuid.UUID, calls), make([]bool, calls)
	errs := make([]error, calls)
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			ids[i], news[i], errs[i] = s.Create(s.t.Context(), outbox.NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "same"})
		})
	}
	wg.Wait()
	created := 0
	for i := range calls {
		require.NoError(s.t, errs[i])
		require.Equal(s.t, ids[0], ids[i])
		if news[i] {
			created++
		}
	}
	require.Equal(s.t, 1, created)
	all, err := s.List(s.t.Context(), outbox.Selection{Limit: calls})
	require.NoError(s.t, err)
	require.Len(s.t, all, 1)
}

func (s *suite) keyOutlives() {
	entry := outbox.NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "key"}
	id := s.create(entry)
	require.NoError(s.t, s.Delete(s.t.Context(), id, ""))
	again, isNew, err := s.Create(s.t.Context(), entry)
	require.NoError(s.t, err)
	require.Equal(s.t, id, again)
	require.False(s.t, isNew)
	_, err = s.Get(s.t.Context(), id)
	require.ErrorIs(s.t, err, outbox.ErrNotFound, "it was not written a second time")
}
