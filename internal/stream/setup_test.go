package stream

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/outbox"
)

func jetStream(t *testing.T, server *natstest.Server) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(connect(t, server.URL()))
	require.NoError(t, err)
	return js
}

func streamInfo(t *testing.T, js jetstream.JetStream, name string) *jetstream.StreamInfo {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	require.NoError(t, err)
	return stream.CachedInfo()
}

func TestSetupMayRunAtAnyTimeInAnyNumber(t *testing.T) {
	t.Parallel()
	server := natstest.New(t)
	cfg := Config{Installation: uuid.NewString()}.withDefaults()
	var group errgroup.Group
	for range 8 {
		js := jetStream(t, server)
		group.Go(func() error { return setup(t.Context(), js, cfg) })
	}
	require.NoError(t, group.Wait())

	js := jetStream(t, server)
	before := streamInfo(t, js, "ASYNCEVENT")
	_, err := js.Publish(t.Context(), "asyncevent.due.now.x.y", nil)
	require.NoError(t, err)
	require.NoError(t, setup(t.Context(), js, cfg))
	after := streamInfo(t, js, "ASYNCEVENT")
	require.Equal(t, before.Created, after.Created)
	require.Equal(t, uint64(1), after.State.Msgs)
	require.Equal(t, len(outbox.Lanes()), after.State.Consumers)
	require.True(t, streamInfo(t, js, "EVENTLOG").Config.AllowMsgSchedules, "otherwise it refuses republished fired schedules")
	require.Zero(t, after.Config.MaxAge)
	require.Equal(t, int64(-1), after.Config.MaxMsgs, "a limit evicts schedules without a word")
	require.Equal(t, int64(-1), after.Config.MaxBytes)
	// No consumer covers the armed ones: taking one would erase it.
	for _, lane := range outbox.Lanes() {
		consumer, err := js.Consumer(t.Context(), "ASYNCEVENT", cfg.Names.consumer(lane))
		require.NoError(t, err)
		require.Equal(t, "asyncevent.due."+string(lane)+".*.*", consumer.CachedInfo().Config.FilterSubject)
		require.Equal(t, 30*time.Second, consumer.CachedInfo().Config.AckWait)
		require.Equal(t, -1, consumer.CachedInfo().Config.MaxAckPending)
	}
}

func TestSetupBringsStreamsToTheConfiguration(t *testing.T) {
	t.Parallel()
	js := jetStream(t, natstest.New(t))
	cfg := Config{Installation: uuid.NewString()}.withDefaults()
	require.NoError(t, setup(t.Context(), js, cfg))
	created := streamInfo(t, js, "EVENTLOG").Created

	cfg.TapMaxAge, cfg.TapMaxBytes, cfg.Lease = time.Hour, 10<<20, 10*time.Second
	require.NoError(t, setup(t.Context(), js, cfg))
	tap := streamInfo(t, js, "EVENTLOG")
	require.Equal(t, time.Hour, tap.Config.MaxAge)
	require.Equal(t, int64(10<<20), tap.Config.MaxBytes)
	require.Equal(t, created, tap.Created, "it was not made anew")
	consumer, err := js.Consumer(t.Context(), "ASYNCEVENT", "worker-now")
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, consumer.CachedInfo().Config.AckWait)
}

func TestSetupLeavesForeignStreamsAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ASYNCEVENT", "EVENTLOG"} {
		for owner, metadata := range map[string]map[string]string{
			"":       nil,
			"others": {installationKey: "others"},
		} {
			t.Run(name+" of "+owner, func(t *testing.T) {
				t.Parallel()
				server := natstest.New(t)
				js := jetStream(t, server)
				_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
					Name: name, Subjects: []string{"mine.>"}, Metadata: metadata, Description: "mine", MaxAge: time.Hour,
				})
				require.NoError(t, err)
				before := streamInfo(t, js, name).Config

				cfg := Config{Installation: uuid.NewString()}
				err = setup(t.Context(), js, cfg.withDefaults())
				var foreign *ForeignStreamError
				require.ErrorAs(t, err, &foreign)
				require.Equal(t, &ForeignStreamError{Stream: name, Installation: owner}, foreign)
				require.ErrorContains(t, err, "POSTLUDE_PREFIX")
				require.Equal(t, before, streamInfo(t, js, name).Config)

				_, err = NewPublisher(t.Context(), connect(t, server.URL()), cfg)
				require.ErrorAs(t, err, &foreign)
			})
		}
	}
}

func TestTwoInstallationsShareAServerByPrefix(t *testing.T) {
	t.Parallel()
	first := newBroker(t, nil)
	names, err := NewNames("acme")
	require.NoError(t, err)
	second := &broker{t: t, server: first.server, nc: connect(t, first.server.URL()), js: first.js}
	second.cfg = Config{Installation: uuid.NewString(), Names: names}.withDefaults()
	second.publisher, err = NewPublisher(t.Context(), second.nc, second.cfg)
	require.NoError(t, err)

	first.publish(immediate("first", outbox.LaneNow))
	second.publish(immediate("second", outbox.LaneNow), armed("second", time.Hour), copied("t", "second", `1`))
	require.Equal(t, 1, first.left())
	require.Equal(t, 2, second.left())
	require.Contains(t, first.next(outbox.LaneNow).Subject(), ".first")
	require.Contains(t, second.next(outbox.LaneNow).Subject(), ".second")
	require.Equal(t, uint64(2), streamInfo(t, first.js, "ACME_EVENTLOG").State.Msgs)
	require.Equal(t, uint64(1), streamInfo(t, first.js, "EVENTLOG").State.Msgs)
}

// A broker that is restarted while a program starts does not end it.
func TestAStartWaitsForABrokerThatIsRestarted(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.stop()
	started := make(chan error, 1)
	go func() {
		_, err := NewPublisher(t.Context(), b.nc, b.cfg)
		started <- err
	}()
	<-time.After(300 * time.Millisecond)
	b.server.Start()
	require.NoError(t, <-started)

	other := b.cfg
	other.Installation = "another"
	began := time.Now()
	_, err := NewPublisher(t.Context(), b.nc, other)
	var foreign *ForeignStreamError
	require.ErrorAs(t, err, &foreign)
	require.Less(t, time.Since(began), 5*time.Second, "an answer is final")
}

// What an operator has set on a stream of ours stays when a setting is changed,
// and is no reason to fail.
func TestSetupKeepsWhatTheOperatorHasSet(t *testing.T) {
	t.Parallel()
	js := jetStream(t, natstest.New(t))
	cfg := Config{Installation: uuid.NewString()}.withDefaults()
	require.NoError(t, setup(t.Context(), js, cfg))
	before := streamInfo(t, js, "EVENTLOG").Config
	before.DenyDelete, before.Compression, before.Description = true, jetstream.S2Compression, "theirs"
	_, err := js.UpdateStream(t.Context(), before)
	require.NoError(t, err)
	want := streamInfo(t, js, "EVENTLOG").Config

	cfg.TapMaxAge = time.Hour
	require.NoError(t, setup(t.Context(), js, cfg))
	have := streamInfo(t, js, "EVENTLOG").Config
	require.Equal(t, time.Hour, have.MaxAge)
	have.MaxAge, have.Metadata = want.MaxAge, want.Metadata
	require.Equal(t, want, have)
}
