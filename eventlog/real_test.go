package eventlog_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
)

// startAPI runs the real API, with Postgres and NATS, until the test ends.
func startAPI(tb testing.TB, options ...func(*app.API)) server {
	tb.Helper()
	database := postgrestest.New(tb)
	listening := make(chan string, 1)
	api := &app.API{
		Database: app.Database{URL: database.URL, MaxConns: 8}, NATS: app.NATS{URL: natstest.New(tb).URL()},
		Address: "127.0.0.1:0", Drain: 5 * time.Second, Listening: func(address string) { listening <- address },
	}
	for _, option := range options {
		option(api)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Run(ctx, zerolog.Nop()) }()
	tb.Cleanup(func() { stop(); require.NoError(tb, <-ended) })
	exec := func(sql string, args ...any) {
		_, err := database.Pool.Exec(context.Background(), sql, args...)
		require.NoError(tb, err)
	}
	s := server{
		async: func() string {
			id := uuid.NewString()
			exec("INSERT INTO eventlog (id, topic, ref, due, armed_by) VALUES ($1, 'async.event', 'w', now() + interval '1 hour', 't')", id)
			return id
		},
		publish: func(id string) {
			exec("UPDATE eventlog SET published_at = now(), dispatch_at = NULL WHERE id = $1", id)
		},
	}
	select {
	case address := <-listening:
		s.address = "http://" + address
	case err := <-ended:
		ended <- err
		require.FailNow(tb, "the API ended", "%v", err)
	}
	return s
}

func TestTheCallerIsInTheNameOfTheOwner(t *testing.T) {
	t.Parallel()
	hash, err := auth.HashPassword("correct horse", auth.MinCost)
	require.NoError(t, err)
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte("anna:"+hash+":org.imixs.ACCESSLEVEL.AUTHORACCESS\n"), 0o600))
	s := startAPI(t, func(api *app.API) { api.Users = users })
	c := s.client(t, eventlog.Options{Username: "anna", Password: "correct horse", Owner: "here"})
	id := create(t, c, eventlog.Event{Topic: "t", Ref: "r"})
	lock, err := c.Lock(t.Context(), id, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "anna/here", lock.Owner)
	require.ErrorIs(t, c.Cancel(t.Context(), id), eventlog.ErrForbidden, "that is for managers")

	_, err = s.client(t, eventlog.Options{Username: "anna", Password: "wrong horse"}).Get(t.Context(), id)
	require.ErrorIs(t, err, eventlog.ErrUnauthenticated)
	require.NotContains(t, err.Error(), "horse")
}

// Consumers of one topic on the real thing, which share the work.
func TestConsumersShareATopic(t *testing.T) {
	t.Parallel()
	const entries = 200
	s := startAPI(t)
	c := s.client(t, eventlog.Options{})
	var mu sync.Mutex
	handled := map[string]int{}
	all := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	var group errgroup.Group
	for range 3 {
		group.Go(func() error {
			return c.Consume(ctx, eventlog.Consumer{
				Topic: "t", Concurrency: 5,
				Handler: func(_ context.Context, e eventlog.Entry) error {
					mu.Lock()
					defer mu.Unlock()
					if handled[e.Ref]++; len(handled) == entries {
						close(all)
					}
					return nil
				},
				OnError: func(e eventlog.Entry, err error) { t.Errorf("%s: %v", e.Ref, err) },
			})
		})
	}
	began := time.Now()
	for i := range entries {
		create(t, c, eventlog.Event{Topic: "t", Ref: strconv.Itoa(i)})
	}
	<-all
	t.Logf("%d entries created, locked, handled and deleted in %s", entries, time.Since(began))
	stop()
	require.NoError(t, group.Wait())
	require.Empty(t, search(t, c, eventlog.Query{}))
	require.Empty(t, search(t, c, eventlog.Query{Locked: []string{"t"}}))
	for ref, times := range handled {
		require.Equal(t, 1, times, ref)
	}
}
