package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/outbox"
)

// handoverStream keeps what was handed over until somebody who is not us decides
// otherwise: relays look for it long after it was published. Reads go to the
// leader (no AllowDirect): a replica that lags behind would report a loss.
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

// ensureHandovers makes the stream of a handover policy, if it is not there. The
// error is an [outbox.ErrRefused] if the name is taken: by us, by another
// installation, or its subjects by another stream.
func (p *Publisher) ensureHandovers(ctx context.Context, name string) error {
	p.mu.Lock()
	known := p.handovers[name]
	p.mu.Unlock()
	if known {
		return nil
	}
	if full := p.cfg.Names.HandoverStream(name); full == p.cfg.Names.WorkStream() || full == p.cfg.Names.TapStream() {
		return fmt.Errorf("%w: the stream %s is not for handovers", outbox.ErrRefused, full)
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	if err := makeHandovers(ctx, p.js, p.cfg, name); err != nil {
		return err
	}
	p.setKnown(name, true)
	return nil
}

func (p *Publisher) setKnown(name string, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handovers[name] = known
}

// makeHandovers makes a stream for handovers. One of ours that is there keeps the
// limits that its operator has set.
func makeHandovers(ctx context.Context, js jetstream.JetStream, cfg Config, name string) error {
	want := handoverStream(cfg, name)
	found, err := js.Stream(ctx, want.Name)
	if err == nil {
		have := found.CachedInfo().Config
		want.MaxAge, want.MaxBytes, want.MaxMsgs, want.MaxMsgsPerSubject = have.MaxAge, have.MaxBytes, have.MaxMsgs, have.MaxMsgsPerSubject
		want.Discard, want.Duplicates, want.Retention, want.Storage = have.Discard, have.Duplicates, have.Retention, have.Storage
	}
	_, err = ensureStream(ctx, js, cfg, want)
	var foreign *ForeignStreamError
	if errors.As(err, &foreign) {
		return fmt.Errorf("%w: %w", outbox.ErrRefused, err)
	}
	return meaning(err)
}

// HandOver implements [outbox.Broker].
func (p *Publisher) HandOver(ctx context.Context, dispatches []outbox.Dispatch) []outbox.Handed {
	handed := make([]outbox.Handed, len(dispatches))
	acks := make([]jetstream.PubAckFuture, len(dispatches))
	clock := p.getClock()
	faults := map[string]error{}
	for i, d := range dispatches {
		fault, tried := faults[d.Stream]
		if !tried {
			fault = p.ensureHandovers(ctx, d.Stream)
			faults[d.Stream] = fault
		}
		if handed[i].Err = fault; fault == nil {
			acks[i], handed[i].Err = p.handOver(d, clock)
		}
	}
	for i, d := range dispatches {
		if acks[i] != nil {
			handed[i] = p.received(ctx, d.Stream, acks[i])
		}
	}
	return handed
}

func (p *Publisher) handOver(d outbox.Dispatch, clock brokerClock) (jetstream.PubAckFuture, error) {
	msg, err := encode(&p.cfg, d, clock)
	if err != nil {
		return nil, err
	}
	ack, err := p.js.PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
	return ack, meaning(err)
}

// received waits for the sequence of a message. Where nothing answers, the
// stream may have gone: it is made again before the next.
func (p *Publisher) received(ctx context.Context, name string, ack jetstream.PubAckFuture) outbox.Handed {
	stored, err := await(ctx, ack)
	switch {
	case err != nil:
		p.setKnown(name, false)
		return outbox.Handed{Err: err}
	case stored.Stream != p.cfg.Names.HandoverStream(name):
		p.setKnown(name, false)
		return outbox.Handed{Err: fmt.Errorf("%w: the stream %s took it", outbox.ErrRefused, stored.Stream)}
	}
	return outbox.Handed{Sequence: stored.Sequence}
}

// readsAtOnce bounds the messages that are asked for at the same time.
const readsAtOnce = 64

// Holds implements [outbox.Broker].
func (p *Publisher) Holds(ctx context.Context, handovers []outbox.Handover) ([]bool, error) {
	if !p.nc.IsConnected() {
		return nil, nats.ErrConnectionClosed
	}
	held := make([]bool, len(handovers))
	streams, err := p.streamsOf(ctx, handovers)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i, h := range handovers {
		stream := streams[h.Stream]
		if stream == nil {
			continue // it has gone, and the message with it
		}
		group.Go(func() (err error) {
			held[i], err = p.holds(ctx, stream, h)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return held, nil
}

// streamsOf looks the streams up; those that are not there are nil.
func (p *Publisher) streamsOf(ctx context.Context, handovers []outbox.Handover) (map[string]jetstream.Stream, error) {
	streams := map[string]jetstream.Stream{}
	for _, h := range handovers {
		if _, ok := streams[h.Stream]; ok {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, ackWait)
		stream, err := p.js.Stream(ctx, p.cfg.Names.HandoverStream(h.Stream))
		cancel()
		if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, fmt.Errorf("ask for stream %s: %w", h.Stream, err)
		}
		streams[h.Stream] = stream
	}
	return streams, nil
}

// holds asks for the message of a handover. What stands under its sequence may
// be another's: the stream may have been made anew.
func (p *Publisher) holds(ctx context.Context, stream jetstream.Stream, h outbox.Handover) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	msg, err := stream.GetMsg(ctx, h.Sequence)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read message %d of stream %s: %w", h.Sequence, h.Stream, err)
	}
	return msg.Header.Get(headerID) == h.ID.String() && msg.Header.Get(headerSource) == source(p.cfg.Installation), nil
}
