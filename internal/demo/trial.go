package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// trial puts a system to the test.
type trial struct {
	system  *System
	model   semantics
	visits  []visit
	audit   audit
	clients int
	out     io.Writer
}

func newTrial(s *System, d *Demo, out io.Writer) (*trial, error) {
	model, err := exampleSemantics()
	if err != nil {
		return nil, err
	}
	t := &trial{system: s, model: model, visits: plan(d.Workitems), clients: d.Clients, out: out}
	t.audit = audit{pool: s.pool, witness: witness{s.pool}}
	for i := range t.visits {
		t.audit.ids = append(t.audit.ids, t.visits[i].id)
	}
	return t, nil
}

// measure runs a trial and ends it if a part of the system ends.
func (d *Demo) measure(ctx context.Context, s *System, out io.Writer) (*tally, error) {
	t, err := newTrial(s, d, out)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if err := s.await(ctx); err != nil {
			cancel(err)
		}
	})
	defer watching.Wait()
	defer cancel(nil)
	result, err := t.run(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	return result, err
}

// run puts the load on the system and asks Postgres what came of it.
func (t *trial) run(ctx context.Context) (result *tally, err error) {
	if err := t.audit.witness.call(ctx); err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, t.audit.witness.dismiss(ctx))
	}()
	acknowledged, err := t.load(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := t.audit.accounts(ctx, acknowledged)
	if err != nil {
		return nil, err
	}
	result = new(tally)
	for _, account := range accounts {
		result.judge(account, t.model, t.system.oneClock)
	}
	return result, nil
}

// load puts the load on the system, shows it, and returns what was acknowledged
// when the outbox has nothing left of it.
func (t *trial) load(ctx context.Context) (map[string][]int, error) {
	client := newClient(t.system.APIURL, t.clients)
	defer client.close()
	tap, err := openTap(t.system.NATSURL)
	if err != nil {
		return nil, err
	}
	defer tap.close()
	load := newLoad(client, t.clients)
	fmt.Fprintf(t.out, "processing %d workitems over HTTP at %s\n", len(t.visits), t.system.APIURL)

	progress := newProgress(t.out, load, tap, t.visits, t.model)
	shown, enough := context.WithCancel(ctx)
	var showing sync.WaitGroup
	showing.Go(func() { progress.run(shown) })
	defer showing.Wait()
	defer enough()
	if err := load.run(ctx, t.visits); err != nil {
		return nil, err
	}
	return load.acknowledged, t.audit.settle(ctx, settleTimeout)
}
