package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/workitem"
)

// load is users at work: every workitem has a user who follows the plan, and so
// many requests are under way at a time.
type load struct {
	client  *client
	clients chan struct{} // holds a token for each request under way
	done    atomic.Int64  // workitems whose plan is finished

	mu           sync.Mutex
	acknowledged map[string][]int
}

func newLoad(c *client, clients int) *load {
	return &load{client: c, clients: make(chan struct{}, clients), acknowledged: map[string][]int{}}
}

// run follows the plan and returns the first error.
func (l *load) run(ctx context.Context, visits []visit) error {
	began := time.Now()
	users, ctx := errgroup.WithContext(ctx)
	for i := range visits {
		users.Go(func() error {
			if err := sleep(ctx, time.Until(began.Add(visits[i].start))); err != nil {
				return err
			}
			return l.visit(ctx, &visits[i])
		})
	}
	return users.Wait()
}

func (l *load) visit(ctx context.Context, v *visit) error {
	items := v.items.Clone()
	for _, s := range v.steps {
		if err := sleep(ctx, s.after); err != nil {
			return err
		}
		items.Set(workitem.UniqueID, v.id)
		items.Set(workitem.EventID, s.event)
		if err := l.request(ctx, items); err != nil {
			return err
		}
		l.acknowledge(v.id, s.event)
		items = workitem.Items{} // what is stored is enough from now on
	}
	l.done.Add(1)
	return nil
}

func (l *load) request(ctx context.Context, items workitem.Items) error {
	select {
	case l.clients <- struct{}{}:
		defer func() { <-l.clients }()
		return l.client.process(ctx, items)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *load) acknowledge(id string, event int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[id] = append(l.acknowledged[id], event)
}
