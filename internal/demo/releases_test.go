package demo

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReleasesRunInReverse(t *testing.T) {
	t.Parallel()
	var r releases
	refused := errors.New("refused")
	r.add("first", func() error { return nil })
	r.add("second", func() error { return refused })
	r.add("third", func() error { return nil })
	var ended []string
	err := r.run(func(name string) { ended = append(ended, name) })
	require.ErrorIs(t, err, refused)
	require.Equal(t, []string{"third", "second", "first"}, ended)
	require.NoError(t, r.run(func(string) { t.Error("released twice") }))
}
