package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
)

const listenSQL = `LISTEN postlude_eventlog`

// Listen calls wake for every commit that notifies relays, that is for entries
// written by SQL, until the context ends. Where notifications do not come
// through, behind a pooler say, the relay's poll serves: losing the connection
// is logged once and tried again.
func (s *Store) Listen(ctx context.Context, wake func(), log zerolog.Logger) {
	lost := false
	for ctx.Err() == nil {
		err := s.listenOnce(ctx, func() { lost = false; wake() })
		if ctx.Err() != nil {
			return
		}
		if !lost {
			log.Warn().Err(err).Msg("notifications lost, polling only")
		}
		lost = true
		sleep(ctx, 5*time.Second, nil)
	}
}

func (s *Store) listenOnce(ctx context.Context, wake func()) error {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	// The connection is in a state that no other user of the pool expects.
	conn := pooled.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, listenSQL); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		wake() // first for what was written before we listened
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
}
