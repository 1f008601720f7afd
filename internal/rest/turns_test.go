package rest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestManyWhoAreToldOfOneEntryLookFewTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all turns
		var looks, found atomic.Int64
		entries := int64(2)
		look := func() ([]outbox.Listed, error) { //nolint:unparam // it is what looks are
			looks.Add(1)
			<-time.After(time.Millisecond)
			if entries == 0 { // one looks at a time
				return nil, nil
			}
			entries--
			return make([]outbox.Listed, 1), nil
		}
		var waiting sync.WaitGroup
		for range 500 {
			waiting.Go(func() {
				got, err := all.look(t.Context(), "a", look)
				if err != nil {
					t.Error(err)
				}
				found.Add(int64(len(got)))
			})
		}
		waiting.Wait()
		require.EqualValues(t, 2, found.Load())
		require.EqualValues(t, 3, looks.Load(), "two find an entry, and one finds none for all others")
		require.Empty(t, all.topics)

		entries = 1
		got, err := all.look(t.Context(), "a", look)
		require.NoError(t, err)
		require.Len(t, got, 1, "what was not there then may be there now")
	})
}

func TestNobodyWaitsForAnothersLookWhoHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all turns
		ctx, cancel := context.WithCancel(t.Context())
		stuck := make(chan struct{})
		go func() {
			_, _ = all.look(t.Context(), "a", func() ([]outbox.Listed, error) { <-stuck; return nil, nil })
		}()
		synctest.Wait()
		time.AfterFunc(time.Second, cancel)
		got, err := all.look(ctx, "a", func() ([]outbox.Listed, error) { t.Error("it is not its turn"); return nil, nil })
		require.NoError(t, err, "the end of a wait is no failure")
		require.Empty(t, got)
		_, err = all.look(t.Context(), "b", func() ([]outbox.Listed, error) { return nil, nil })
		require.NoError(t, err, "another topic has another turn")
		close(stuck)
	})
}
