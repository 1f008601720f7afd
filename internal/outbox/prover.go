package outbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// prover removes the entries that were handed over once their grace has passed
// and the broker has shown the message; what the broker has lost is published
// again. An acknowledgement alone is no proof: it comes before the broker has
// synced its disk.
//
// It holds no row while it asks. Any number may run side by side: two that ask
// for the same entry find the same, and only the first changes something.
type prover struct {
	store   *Store
	broker  Broker
	cfg     RelayConfig
	metrics *RelayMetrics
	log     zerolog.Logger
	wake    func()
	streams *streams

	topic string // the topic after which the next look begins
	// away is till when a stream that could not be asked is left alone.
	away map[string]time.Time
}

func newProver(r *Relay) *prover {
	return &prover{
		store: r.store, broker: r.broker, cfg: r.cfg, metrics: r.metrics, log: r.log, wake: r.Wake,
		streams: newStreams(r.log), away: map[string]time.Time{},
	}
}

// Pauses of the prover.
const (
	// How often handovers are looked at, those of sweepLimit topics each time:
	// their grace is in minutes.
	proverPause = time.Second
	// awayPause is how long a stream is left alone that could not be asked.
	awayPause = 15 * time.Second
)

func (p *prover) run(ctx context.Context) {
	repeat(ctx, min(proverPause, p.cfg.Interval), "proof of handovers", p.log, func(ctx context.Context) (bool, error) {
		proof, err := p.runOnce(ctx)
		if proof.Lost > 0 {
			p.wake()
		}
		proof.log(&p.log)
		p.metrics.proved(proof)
		return proof.More, err
	})
}

// Proof is what one look at the handovers came to.
type Proof struct {
	// Removed is how many the broker has, Lost how many it has lost and are
	// published again, Kept how many became copies with the policy of their topic,
	// and Limited because the limits of their stream had removed them. Unknown is
	// how many could not be asked for.
	Removed, Lost, Kept, Limited, Unknown int
	// More says that there is more to do at once.
	More bool
}

func (p Proof) log(log *zerolog.Logger) {
	if p.Lost > 0 {
		log.Warn().Int("entries", p.Lost).Msg("handovers published again, the broker has lost them")
	}
	if p.Limited > 0 {
		log.Warn().Int("entries", p.Limited).
			Msg("handovers kept as copies, the limits of their stream removed them before they were proved")
	}
	if p.Removed > 0 || p.Kept > 0 {
		log.Debug().Int("removed", p.Removed).Int("kept", p.Kept).Msg("handovers proved")
	}
}

func (p *prover) runOnce(ctx context.Context) (proof Proof, err error) {
	names, err := p.store.handedTopics(ctx, p.topic)
	if err != nil {
		return proof, err
	}
	if p.topic = next(names); len(names) == 0 {
		return proof, nil
	}
	topics, err := p.store.Topics(ctx)
	if err != nil {
		return proof, err
	}
	var due []Topic
	var others []string
	for _, name := range names {
		if topic := topics.Of(name); topic.Policy == PolicyHandover {
			topic.Pattern = name
			due = append(due, topic)
		} else {
			others = append(others, name)
		}
	}
	if proof.Kept, err = p.store.keepHanded(ctx, others); err != nil {
		return proof, err
	}
	proof.More = proof.Kept == sweepLimit
	err = p.prove(ctx, due, &proof)
	return proof, err
}

// proofsAtOnce bounds what is asked before something is settled: of a long list
// a part is done when time is up.
const proofsAtOnce = 500

func (p *prover) prove(ctx context.Context, topics []Topic, proof *Proof) error {
	if len(topics) == 0 {
		return nil
	}
	each := max(sweepLimit/len(topics), 1)
	maps.DeleteFunc(p.away, func(_ string, until time.Time) bool { return !time.Now().Before(until) })
	handovers, err := p.store.handovers(ctx, topics, slices.AppendSeq([]string{}, maps.Keys(p.away)), each)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(handovers, proofsAtOnce) {
		if err := p.settle(ctx, part, proof); err != nil {
			return err
		}
	}
	// Without a change the next look would find the same.
	proof.More = proof.More || len(handovers) >= each && proof.Removed+proof.Lost+proof.Limited > 0
	return nil
}

// settle asks for handovers. What is in a stream that could not be asked stays as
// it is, and is asked for again after a while; nothing else waits for it.
func (p *prover) settle(ctx context.Context, handovers []Handover, proof *Proof) error {
	handovers = slices.DeleteFunc(handovers, func(h Handover) bool { return !p.away[h.Stream].IsZero() })
	answers, faults := p.broker.Holds(ctx, handovers)
	for name := range faults {
		p.away[name] = time.Now().Add(awayPause)
	}
	p.streams.report(faults)
	by := map[Answer][]Handover{}
	for i, h := range handovers {
		by[answers[i]] = append(by[answers[i]], h)
	}
	proof.Unknown += len(by[Unknown])
	removed, err := p.store.settleHandovers(ctx, removeHandedSQL, by[Held])
	proof.Removed += removed
	if err != nil {
		return err
	}
	lost, err := p.store.settleHandovers(ctx, handOverAgainSQL, by[Lost])
	proof.Lost += lost
	if err != nil {
		return err
	}
	limited, err := p.store.settleHandovers(ctx, keepRemovedSQL, by[Removed])
	proof.Limited += limited
	return err
}
