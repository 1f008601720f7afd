package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/outbox"
)

// readsAtOnce bounds the messages of a stream that are asked for at the same
// time.
const readsAtOnce = 64

// Holds implements [outbox.Broker]. Streams are asked side by side.
func (p *Publisher) Holds(ctx context.Context, handovers []outbox.Handover) ([]outbox.Answer, map[string]error) {
	answers := make([]outbox.Answer, len(handovers))
	var mu sync.Mutex
	faults := map[string]error{}
	each(handovers, func(h outbox.Handover) string { return h.Stream }, func(name string, indexes []int) {
		if err := p.askFor(ctx, name, handovers, indexes, answers); err != nil {
			mu.Lock()
			defer mu.Unlock()
			faults[name] = err
		}
	})
	return answers, faults
}

// askFor asks a stream for its handovers. After an error the answers that it gave
// are good all the same.
func (p *Publisher) askFor(ctx context.Context, name string, handovers []outbox.Handover, indexes []int, answers []outbox.Answer) error {
	info, err := p.handoverInfo(ctx, name)
	if err != nil {
		return err
	}
	missing, err := p.read(ctx, name, info, handovers, indexes, answers)
	if err != nil || len(missing) == 0 {
		return err
	}
	// The stream as it is after the reads: what it says of its end is not older
	// than that they found nothing.
	if info, err = p.handoverInfo(ctx, name); err != nil {
		return err
	}
	for _, i := range missing {
		answers[i] = whyMissing(info, handovers[i])
	}
	return nil
}

// handoverInfo looks a stream up, nil if it is not there.
func (p *Publisher) handoverInfo(ctx context.Context, name string) (*jetstream.StreamInfo, error) {
	if !p.nc.IsConnected() {
		return nil, nats.ErrConnectionClosed
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	stream, err := p.js.Stream(ctx, p.cfg.Names.HandoverStream(name))
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, nil //nolint:nilnil // that it is not there is the answer
	case err != nil:
		return nil, fmt.Errorf("ask for stream %s: %w", name, err)
	}
	return stream.CachedInfo(), nil
}

// read asks the leader of a stream for messages, many at a time, and returns
// those that are not there.
func (p *Publisher) read(
	ctx context.Context, name string, info *jetstream.StreamInfo, handovers []outbox.Handover, indexes []int, answers []outbox.Answer,
) (missing []int, err error) {
	if info == nil {
		return indexes, nil
	}
	// Of a replica that lags behind, the other client would report a loss, if the
	// stream's operator allows direct reads.
	leader, err := p.nc.JetStream()
	if err != nil {
		return nil, fmt.Errorf("use jetstream: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for _, i := range indexes {
		group.Go(func() (err error) {
			answers[i], err = p.ask(ctx, leader, name, handovers[i])
			return err
		})
	}
	err = group.Wait()
	for _, i := range indexes {
		if err == nil && answers[i] == outbox.Unknown {
			missing = append(missing, i)
		}
	}
	return missing, err
}

// ask asks for the message of a handover, and answers Unknown if it is not there.
// What stands under its sequence may be another's: the stream may have been made
// anew.
func (p *Publisher) ask(ctx context.Context, leader nats.JetStreamContext, name string, h outbox.Handover) (outbox.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	msg, err := leader.GetMsg(p.cfg.Names.HandoverStream(name), h.Sequence, nats.Context(ctx))
	switch {
	case errors.Is(err, nats.ErrMsgNotFound), errors.Is(err, nats.ErrStreamNotFound):
		return outbox.Unknown, nil
	case err != nil:
		return outbox.Unknown, fmt.Errorf("read message %d of stream %s: %w", h.Sequence, name, err)
	case msg.Header.Get(headerID) == h.ID.String() && msg.Header.Get(headerSource) == source(p.cfg.Installation):
		return outbox.Held, nil
	}
	return outbox.Lost, nil
}

// whyMissing decides why a stream has no message under a sequence that it has
// acknowledged. What cannot be put down to limits is lost: only that is published
// again.
func whyMissing(info *jetstream.StreamInfo, h outbox.Handover) outbox.Answer {
	switch {
	case info == nil:
		return outbox.Lost
	case info.State.LastSeq < h.Sequence:
		return outbox.Lost // its end has gone back
	case info.TimeStamp.Sub(info.Created) < h.Age-time.Second:
		return outbox.Lost // it is another stream, which counts anew
	case leavesGaps(info.Config):
		return outbox.Removed
	case h.Sequence < info.State.FirstSeq && removesOldest(info.Config):
		return outbox.Removed
	}
	return outbox.Lost
}

// leavesGaps says whether a stream removes messages among others by itself.
func leavesGaps(c jetstream.StreamConfig) bool {
	return c.Retention != jetstream.LimitsPolicy || c.MaxMsgsPerSubject > 0 && !c.DiscardNewPerSubject
}

// removesOldest says whether a stream removes its oldest messages by itself.
func removesOldest(c jetstream.StreamConfig) bool {
	return c.MaxAge > 0 || c.Discard == jetstream.DiscardOld && (c.MaxMsgs > 0 || c.MaxBytes > 0)
}
