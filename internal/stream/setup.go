package stream

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
)

// installationKey is where a stream's metadata say whose it is.
const installationKey = "postlude.installation"

// ForeignStreamError says that a stream belongs to another installation, or to
// somebody else altogether.
type ForeignStreamError struct {
	Stream string
	// Installation is the id in the stream's metadata, "" if there is none.
	Installation string
}

// Error implements error.
func (e *ForeignStreamError) Error() string {
	owner := "is not one of postlude's"
	if e.Installation != "" {
		owner = "belongs to installation " + e.Installation
	}
	return fmt.Sprintf("stream %s %s; give this installation a prefix of its own (POSTLUDE_PREFIX), or remove the stream", e.Stream, owner)
}

// setup makes the streams and the lanes' consumers, or brings those that are
// there to this configuration. It may run at any time, in any number of
// processes at once. The error is a [*ForeignStreamError] if a stream is not
// ours; such a stream is not touched.
func setup(ctx context.Context, js jetstream.JetStream, cfg Config) error {
	if !cfg.NoTapStream {
		if _, err := ensureOurs(ctx, js, cfg, tapStream(cfg)); err != nil {
			return err
		}
	}
	work, err := ensureOurs(ctx, js, cfg, workStream(cfg))
	if err != nil {
		return err
	}
	for _, lane := range outbox.Lanes() {
		if _, err := work.CreateOrUpdateConsumer(ctx, laneConsumer(cfg, lane)); err != nil {
			return fmt.Errorf("set up consumer of lane %s: %w", lane, err)
		}
	}
	return nil
}

// ensureOurs makes a stream whose limits the configuration sets, or brings it to
// them.
func ensureOurs(ctx context.Context, js jetstream.JetStream, cfg Config, want jetstream.StreamConfig) (jetstream.Stream, error) {
	return ensureStream(ctx, js, cfg, want, func(have *jetstream.StreamConfig) bool { return bring(have, want) })
}

// ensureStream makes a stream as it is wanted. Of one that is there it sets what
// change changes, and nothing else: the rest is its operator's.
func ensureStream(
	ctx context.Context, js jetstream.JetStream, cfg Config, want jetstream.StreamConfig, change func(*jetstream.StreamConfig) bool,
) (jetstream.Stream, error) {
	have, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		have, err = js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			have, err = js.Stream(ctx, want.Name) // another process was faster
		}
	}
	if err != nil {
		return nil, fmt.Errorf("set up stream %s: %w", want.Name, err)
	}
	found := have.CachedInfo().Config
	if owner := found.Metadata[installationKey]; owner != cfg.Installation {
		return nil, &ForeignStreamError{Stream: want.Name, Installation: owner}
	}
	if !change(&found) {
		return have, nil
	}
	have, err = js.UpdateStream(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("bring stream %s to this configuration: %w", want.Name, err)
	}
	return have, nil
}

// bring sets what this configuration may have changed, and says whether it has.
func bring(have *jetstream.StreamConfig, want jetstream.StreamConfig) bool {
	before := *have
	have.Subjects, have.Replicas, have.Duplicates = want.Subjects, want.Replicas, want.Duplicates
	have.MaxAge, have.MaxBytes, have.MaxMsgsPerSubject = want.MaxAge, want.MaxBytes, want.MaxMsgsPerSubject
	have.AllowMsgSchedules = want.AllowMsgSchedules
	if (have.RePublish == nil) != (want.RePublish == nil) {
		have.RePublish = want.RePublish
	}
	if have.MaxMsgsPerSubject <= 0 && before.MaxMsgsPerSubject <= 0 {
		have.MaxMsgsPerSubject = before.MaxMsgsPerSubject // no limit has two forms
	}
	return !reflect.DeepEqual(before, *have)
}

// workStream has no limit on messages, bytes or age: each of them silently
// evicts schedules. Relays keep it small.
func workStream(cfg Config) jetstream.StreamConfig {
	source, destination := cfg.Names.republish()
	return jetstream.StreamConfig{
		Name:              cfg.Names.WorkStream(),
		Description:       "async events on their way to postlude's workers",
		Subjects:          cfg.Names.workSubjects(),
		Retention:         jetstream.WorkQueuePolicy,
		Storage:           jetstream.FileStorage,
		Replicas:          cfg.Replicas,
		MaxBytes:          -1,
		MaxMsgsPerSubject: 1,
		Duplicates:        5 * time.Second,
		AllowMsgSchedules: true,
		RePublish:         &jetstream.RePublish{Source: source, Destination: destination},
		Metadata:          map[string]string{installationKey: cfg.Installation},
	}
}

// tapStream must allow schedules, though none is ever put there: otherwise it
// refuses, without a word, what a fired schedule republishes.
func tapStream(cfg Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              cfg.Names.TapStream(),
		Description:       "what postlude has dispatched lately, to look at",
		Subjects:          []string{cfg.Names.TapSubjects()},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		Replicas:          cfg.Replicas,
		MaxAge:            cfg.TapMaxAge,
		MaxBytes:          cfg.TapMaxBytes,
		Duplicates:        5 * time.Second,
		AllowMsgSchedules: true,
		AllowDirect:       true,
		Metadata:          map[string]string{installationKey: cfg.Installation},
	}
}

// laneConsumer delivers without end: Postgres counts the attempts.
func laneConsumer(cfg Config, lane outbox.Lane) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       cfg.Names.consumer(lane),
		FilterSubject: cfg.Names.laneSubjects(lane),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       cfg.Lease / 2,
		MaxDeliver:    -1,
		// Relays bound what is unfinished.
		MaxAckPending: -1,
		// More than one waits when workers are many and messages few.
		MaxWaiting: 4096,
	}
}
