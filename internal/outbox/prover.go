package outbox

import (
	"context"
	"fmt"
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

	topic string // the topic after which the next look begins
}

func newProver(r *Relay) *prover {
	return &prover{store: r.store, broker: r.broker, cfg: r.cfg, metrics: r.metrics, log: r.log, wake: r.Wake}
}

// proverPause is how often handovers are looked at: their grace is in minutes.
const proverPause = time.Second

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
	// Removed is how many the broker has, Lost how many it does not have and are
	// published again, Kept how many became copies.
	Removed, Lost, Kept int
	// More says that there is more to do at once.
	More bool
}

func (p Proof) log(log *zerolog.Logger) {
	if p.Lost > 0 {
		log.Warn().Int("entries", p.Lost).Msg("handovers published again, the broker has lost them")
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
	proof.More = proof.Kept == sweepLimit || p.topic != ""
	err = p.prove(ctx, due, &proof)
	return proof, err
}

// proofsAtOnce bounds what is asked before something is settled: of a long list
// a part is done when time is up.
const proofsAtOnce = 500

func (p *prover) prove(ctx context.Context, topics []Topic, proof *Proof) error {
	handovers, err := p.store.handovers(ctx, topics)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(handovers, proofsAtOnce) {
		if err := p.settle(ctx, part, proof); err != nil {
			return err
		}
	}
	// Without a change the next look would find the same.
	proof.More = proof.More || len(handovers) >= sweepLimit && proof.Removed+proof.Lost > 0
	return nil
}

func (p *prover) settle(ctx context.Context, handovers []Handover, proof *Proof) error {
	held, err := p.broker.Holds(ctx, handovers)
	if err != nil {
		return fmt.Errorf("ask the broker for handovers: %w", err)
	}
	var there, gone []Handover
	for i, h := range handovers {
		if held[i] {
			there = append(there, h)
		} else {
			gone = append(gone, h)
		}
	}
	removed, err := p.store.settleHandovers(ctx, removeHandedSQL, there)
	proof.Removed += removed
	if err != nil {
		return err
	}
	lost, err := p.store.settleHandovers(ctx, handOverAgainSQL, gone)
	proof.Lost += lost
	return err
}
