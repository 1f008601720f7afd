package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
)

// handoverStream keeps what was handed over until somebody who is not us decides
// otherwise: relays look for it long after it was published.
func handoverStream(cfg Config, name string) jetstream.StreamConfig {
	source, destination := cfg.Names.handoverRepublish(name)
	return jetstream.StreamConfig{
		Name:        cfg.Names.HandoverStream(name),
		Description: "entries that postlude has handed over",
		Subjects:    []string{source},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Replicas:    cfg.Replicas,
		MaxBytes:    -1,
		Duplicates:  5 * time.Second,
		RePublish:   &jetstream.RePublish{Source: source, Destination: destination},
		Metadata:    map[string]string{installationKey: cfg.Installation},
	}
}

// makeHandovers makes a stream for handovers, and returns how it is. One of ours
// that is there stays as its operator has set it, but for what handovers need.
// The error is a [*ForeignStreamError] if it is not ours.
func makeHandovers(ctx context.Context, js jetstream.JetStream, cfg Config, name string) (jetstream.StreamConfig, error) {
	want := handoverStream(cfg, name)
	stream, err := ensureStream(ctx, js, cfg, want, func(have *jetstream.StreamConfig) bool {
		changed := false
		if !slices.Contains(have.Subjects, want.Subjects[0]) {
			have.Subjects, changed = append(have.Subjects, want.Subjects[0]), true
		}
		if have.RePublish == nil {
			have.RePublish, changed = want.RePublish, true
		}
		return changed
	})
	if err != nil {
		return jetstream.StreamConfig{}, err
	}
	have := stream.CachedInfo().Config
	return have, retentionFault(have)
}

// retentionFault is the error of a stream that removes what its consumers have
// acknowledged: that could not be told from a loss, and would be published again
// without end.
func retentionFault(have jetstream.StreamConfig) error {
	if have.Retention == jetstream.LimitsPolicy {
		return nil
	}
	return fmt.Errorf("stream %s has the retention %s and removes what consumers have acknowledged, "+
		"before it is proved: the retention of handovers must be limits", have.Name, have.Retention)
}

// graceFault is the error of a stream that removes messages before their grace
// is over.
func graceFault(have jetstream.StreamConfig, grace time.Duration) error {
	if have.MaxAge <= 0 || have.MaxAge >= grace {
		return nil
	}
	return fmt.Errorf("stream %s keeps messages for %s, and the grace of handovers is %s: "+
		"what it has removed by then cannot be proved", have.Name, have.MaxAge, grace)
}

// HandOver implements [outbox.Broker]. Streams are asked side by side.
func (p *Publisher) HandOver(ctx context.Context, dispatches []outbox.Dispatch) []outbox.Handed {
	handed := make([]outbox.Handed, len(dispatches))
	each(dispatches, func(d outbox.Dispatch) string { return d.Stream }, func(name string, indexes []int) {
		p.handOverTo(ctx, name, dispatches, indexes, handed)
	})
	return handed
}

// each calls f for the members of each stream, all at the same time, and waits.
func each[T any](list []T, stream func(T) string, f func(name string, indexes []int)) {
	members := map[string][]int{}
	for i, member := range list {
		members[stream(member)] = append(members[stream(member)], i)
	}
	var group sync.WaitGroup
	for name, indexes := range members {
		group.Go(func() { f(name, indexes) })
	}
	group.Wait()
}

// handOverTo hands some of the dispatches over to their stream. One that is in
// doubt gets a single message first.
func (p *Publisher) handOverTo(ctx context.Context, name string, dispatches []outbox.Dispatch, indexes []int, handed []outbox.Handed) {
	for len(indexes) > 0 {
		to, err := p.destination(ctx, name)
		if err != nil {
			for _, i := range indexes {
				handed[i].Err = err
			}
			return
		}
		n := len(indexes)
		if to.health.fault != nil {
			n = 1
		}
		p.handOverPart(ctx, name, to, dispatches, indexes[:n], handed)
		indexes = indexes[n:]
	}
}

func (p *Publisher) handOverPart(
	ctx context.Context, name string, to destination, dispatches []outbox.Dispatch, indexes []int, handed []outbox.Handed,
) {
	acks := make([]jetstream.PubAckFuture, len(indexes))
	clock := p.getClock()
	var away error
	for n, i := range indexes {
		if away == nil {
			acks[n], handed[i].Err = p.send(to, dispatches[i], clock)
		}
		if err := cmp.Or(away, handed[i].Err); err != nil && !errors.Is(err, outbox.ErrRefused) && !errors.Is(err, outbox.ErrUnusable) {
			away, handed[i].Err = err, err
		}
	}
	wait := newAckWaiter(ctx)
	defer wait.stop()
	var found findings
	for n, i := range indexes {
		if acks[n] != nil {
			stored, err := wait.wait(acks[n])
			handed[i] = found.add(stored, err, p.cfg.Names.HandoverStream(name))
		}
	}
	if fault := p.conclude(name, found); fault != nil {
		for n, i := range indexes {
			if acks[n] != nil && errors.Is(handed[i].Err, errNoAck) {
				handed[i].Err = fault
			}
		}
	}
}

func (p *Publisher) send(to destination, d outbox.Dispatch, clock brokerClock) (jetstream.PubAckFuture, error) {
	if err := graceFault(to.config, d.Grace); err != nil {
		return nil, unusable(err)
	}
	msg, err := encode(&p.cfg, d, clock)
	if err != nil {
		return nil, err
	}
	ack, err := to.js.PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
	return ack, meaning(err)
}

// findings are what the acknowledgements of one stream came to.
type findings struct {
	took, gone bool
	fault      error
}

// errNoAck stands for what findings say of all messages alike.
var errNoAck = errors.New("no acknowledgement")

// add says what became of a message for a stream.
func (f *findings) add(stored *jetstream.PubAck, err error, stream string) outbox.Handed {
	var api *jetstream.APIError
	switch refused := meaning(err); {
	case err == nil && stored.Stream == stream:
		f.took = true
		return outbox.Handed{Sequence: stored.Sequence}
	case err == nil:
		f.fault = fmt.Errorf("the stream %s took what is for %s", stored.Stream, stream)
	case errors.Is(refused, outbox.ErrRefused):
		return outbox.Handed{Err: refused}
	case errors.As(err, &api):
		return outbox.Handed{Err: unusable(err)} // it answers
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse):
		f.gone = true
		return outbox.Handed{Err: unusable(fmt.Errorf("the stream %s has gone", stream))}
	default:
		f.fault = fmt.Errorf("stream %s: %w", stream, err)
	}
	return outbox.Handed{Err: errNoAck}
}

// conclude notes what was found of a stream, and returns the error of what it did
// not acknowledge. One that has gone is looked at, and made, before the next.
func (p *Publisher) conclude(name string, found findings) error {
	if found.fault != nil {
		return p.failed(name, found.fault)
	}
	p.learn(name, func(d *destination) {
		if found.took {
			d.health = d.health.took()
		}
		if found.gone {
			d.health = d.health.gone()
		}
	})
	return nil
}
