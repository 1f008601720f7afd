package outbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func list(t *testing.T, pool *pgxpool.Pool, s outbox.Selection) []outbox.Listed {
	t.Helper()
	if s.Limit == 0 {
		s.Limit = 100
	}
	listed, err := outbox.NewStore(pool).List(t.Context(), s)
	require.NoError(t, err)
	return listed
}

func create(t *testing.T, pool *pgxpool.Pool, e outbox.NewEntry) {
	t.Helper()
	_, err := outbox.Create(t.Context(), pool, e)
	require.NoError(t, err)
}

func TestListShowsTheStateOfAnEntry(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	store := outbox.NewStore(pool)
	_, err := pool.Exec(t.Context(), "INSERT INTO eventlog_topic (pattern, policy) VALUES ('held.*', 'hold')")
	require.NoError(t, err)
	create(t, pool, outbox.NewEntry{Topic: "copy", Ref: "r", Data: []byte("[1.0]")})
	create(t, pool, outbox.NewEntry{Topic: "held.x", Ref: "r"})
	create(t, pool, outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "r", Delay: time.Hour})
	states := func() map[string]outbox.State {
		states := map[string]outbox.State{}
		for _, l := range list(t, pool, outbox.Selection{}) {
			states[l.Topic] = l.State
		}
		return states
	}
	require.Equal(t, map[string]outbox.State{
		"copy": outbox.StatePending, "held.x": outbox.StateHeld, outbox.TopicAsync: outbox.StatePending,
	}, states())

	claim, err := store.Claim(t.Context(), outbox.EachLane(10, 0), time.Minute)
	require.NoError(t, err)
	require.Len(t, claim.Entries, 1)
	require.Equal(t, outbox.StateDispatched, states()["copy"])

	copied := claim.Entries[0]
	require.NoError(t, store.MarkPublished(t.Context(), []outbox.Publication{{ID: copied.ID, Generation: copied.Generation}}))
	require.Equal(t, outbox.StatePublished, states()["copy"])
	l := list(t, pool, outbox.Selection{Topics: []string{"copy"}})
	require.Equal(t, "[1.0]", string(l[0].Data), "data are as they were written")
	require.Equal(t, copied.ID, l[0].ID)
	require.Equal(t, 1, l[0].Generation)
}

func TestListBoundsTheData(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	_, err := pool.Exec(t.Context(), "INSERT INTO eventlog_topic (pattern, policy) VALUES ('large', 'hold')")
	require.NoError(t, err)
	large, err := json.Marshal(strings.Repeat("x", 10<<20))
	require.NoError(t, err)
	for _, data := range [][]byte{large, []byte("1"), large, nil} {
		create(t, pool, outbox.NewEntry{Topic: "large", Ref: "r", Data: data})
	}
	var leftOut, missing []bool
	for _, l := range list(t, pool, outbox.Selection{Ref: "r"}) {
		leftOut, missing = append(leftOut, l.DataLeftOut), append(missing, l.Data == nil)
	}
	require.Equal(t, []bool{false, false, true, false}, leftOut)
	require.Equal(t, []bool{false, false, true, true}, missing)
	alone := list(t, pool, outbox.Selection{Ref: "r", Limit: 1, Offset: 2})
	require.Len(t, alone[0].Data, len(large), "the first of a page has its data")
}

func TestListFindsByRefAndByTopics(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	for _, e := range []outbox.NewEntry{{Topic: "a", Ref: "1"}, {Topic: "b", Ref: "1"}, {Topic: "c", Ref: "2"}} {
		create(t, pool, e)
	}
	for _, c := range []struct {
		want      string
		selection outbox.Selection
	}{
		{"abc", outbox.Selection{}},
		{"ab", outbox.Selection{Ref: "1"}},
		{"ac", outbox.Selection{Topics: []string{"c", "a"}}},
		{"b", outbox.Selection{Topics: []string{"b", "c"}, Ref: "1"}},
		{"bc", outbox.Selection{Offset: 1}},
		{"", outbox.Selection{Topics: []string{"x' OR '1'='1"}}},
		{"", outbox.Selection{Ref: "x' OR '1'='1"}},
	} {
		var got strings.Builder
		for _, l := range list(t, pool, c.selection) {
			got.WriteString(l.Topic)
		}
		require.Equal(t, c.want, got.String())
	}
}
