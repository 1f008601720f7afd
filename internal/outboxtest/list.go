package outboxtest

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// refs lists and returns the refs, one after the other.
func (s *suite) refs(selection outbox.Selection) string {
	s.t.Helper()
	if selection.Limit == 0 {
		selection.Limit = 100
	}
	entries, err := s.List(s.t.Context(), selection)
	require.NoError(s.t, err)
	var refs strings.Builder
	for i := range entries {
		refs.WriteString(entries[i].Ref)
	}
	return refs.String()
}

func (s *suite) lists() {
	s.create(outbox.NewEntry{Topic: "x", Ref: "1"})
	held := s.create(outbox.NewEntry{Topic: "x", Ref: "2"})
	s.create(outbox.NewEntry{Topic: "y", Ref: "3"})
	s.create(outbox.NewEntry{Topic: "x", Ref: "4", Delay: time.Hour})
	s.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "5"})
	heldToo := s.create(outbox.NewEntry{Topic: "y", Ref: "6"})
	s.create(outbox.NewEntry{Topic: "y", Ref: "2"})
	s.lockFor(held, "anna", time.Hour)
	s.lockFor(heldToo, "bert", time.Hour)
	for name, c := range map[string]*struct {
		selection outbox.Selection
		want      string
	}{
		"all":                      {outbox.Selection{}, "1234562"},
		"due":                      {outbox.Selection{Due: true}, "123562"},
		"a topic":                  {outbox.Selection{Topics: []string{"x"}}, "124"},
		"a topic that is due":      {outbox.Selection{Topics: []string{"x"}, Due: true}, "12"},
		"free":                     {outbox.Selection{Free: []string{"x"}}, "14"},
		"free and due":             {outbox.Selection{Free: []string{"x"}, Due: true}, "1"},
		"locked":                   {outbox.Selection{Locked: []string{"x", "y"}}, "26"},
		"free of one, locked else": {outbox.Selection{Free: []string{"x"}, Locked: []string{"y"}}, "146"},
		"free or locked":           {outbox.Selection{Free: []string{"x"}, Locked: []string{"x"}}, "124"},
		"twice":                    {outbox.Selection{Topics: []string{"x", "x"}}, "124"},
		"async":                    {outbox.Selection{Topics: []string{outbox.TopicAsync}}, "5"},
		"async is never locked":    {outbox.Selection{Locked: []string{outbox.TopicAsync}}, ""},
		"async and others":         {outbox.Selection{Free: []string{outbox.TopicAsync, "y"}}, "352"},
		"ref":                      {outbox.Selection{Ref: "2"}, "22"},
		"ref of a topic":           {outbox.Selection{Ref: "2", Topics: []string{"y"}}, "2"},
		"ref, free":                {outbox.Selection{Ref: "2", Free: []string{"x", "y"}}, "2"},
		"ref, due":                 {outbox.Selection{Ref: "4", Due: true}, ""},
		"unknown topic":            {outbox.Selection{Topics: []string{"x' OR '1'='1"}}, ""},
		"unknown ref":              {outbox.Selection{Ref: "x' OR '1'='1"}, ""},
		"none wanted":              {outbox.Selection{Topics: []string{"x"}, Limit: 2, Offset: 3}, ""},
		"a page":                   {outbox.Selection{Topics: []string{"x", "y"}, Limit: 2, Offset: 1}, "23"},
	} {
		require.Equal(s.t, c.want, s.refs(c.selection), name)
	}
	e := s.get(held)
	require.Equal(s.t, "anna", e.LockOwner)
	require.Equal(s.t, "x", e.Topic, "the suffix is for clients to see")
}

func (s *suite) pages() {
	const entries = 25
	var want []uuid.UUID
	for range entries {
		want = append(want, s.create(outbox.NewEntry{Topic: "x", Ref: "r"}))
	}
	for name, selection := range map[string]*outbox.Selection{
		"all": {}, "topic": {Topics: []string{"x"}}, "ref": {Ref: "r"}, "free": {Free: []string{"x", "y"}},
	} {
		var got []uuid.UUID
		selection.Limit = 10
		for ; selection.Offset < 40; selection.Offset += selection.Limit {
			page, err := s.List(s.t.Context(), *selection)
			require.NoError(s.t, err)
			for i := range page {
				got = append(got, page[i].ID)
			}
		}
		require.Equal(s.t, want, got, name)
	}
}
