package process

import (
	"context"
	"sync"
	"time"
)

const (
	// checkEvery is how long what a check said is said again: whoever asks without
	// end must not keep the database busy.
	checkEvery = time.Second
	// checkTimeout bounds a check.
	checkTimeout = 3 * time.Second
)

// Check says why the program cannot do its work now, or nil.
type Check func(ctx context.Context) error

// atTimes is a check that is made at most once a second, once for all who ask. It
// does not end with the request of who asked first, since its answer is for the
// others too.
func (c Check) atTimes() Check {
	var mu sync.Mutex
	var made time.Time
	var last error
	return func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if made.IsZero() || time.Since(made) >= checkEvery {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
			defer cancel()
			last = c(ctx)
			made = time.Now()
		}
		return last
	}
}
