package workitem_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestSelectRefusesLargePatterns(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"x"}}
	for _, text := range []string{strings.Repeat("a", 1100), strings.Repeat("a{1000}", 100), "([a-z]{0,30}){0,30}.{500}"} {
		_, err := items.Select(text)
		require.ErrorContains(t, err, "too large", text)
	}
	got, err := items.Select("^a{1,100}$")
	require.NoError(t, err)
	require.Equal(t, items, got)
}

// A pair of values that are compared takes some 10 ns: all pairs, a minute.
func TestPurgeOfManyValues(t *testing.T) {
	t.Parallel()
	items := workitem.Items{}
	for i := range 100_000 {
		items["a"] = append(items["a"], int64(i), workitem.Map{"x": int64(i / 2)})
	}
	begin := time.Now()
	items.Purge("a")
	require.Len(t, items["a"], 150_000)
	require.Less(t, time.Since(begin), 10*time.Second)
}
