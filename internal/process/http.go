package process

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// HTTP are the bounds of an HTTP server that its users differ in.
type HTTP struct {
	// Write is how long an answer may take, from the end of the headers on: a
	// slow body, and then the work.
	Write time.Duration
	// Drain is how long requests in flight may take once the server is told to
	// stop.
	Drain time.Duration
}

// Serve answers requests on a listener until the context ends. Then it takes no
// more, waits for those in flight, and cuts off the rest. The error is why it
// ended before the context did. The listener is closed.
func (h HTTP) Serve(ctx context.Context, listener net.Listener, handler http.Handler, log zerolog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      h.Write,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 16,
		ErrorLog:          stdlog.New(log.With().Str(zerolog.LevelFieldName, "warn").Logger(), "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.Drain)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		log.Warn().Err(err).Msg("requests cut off")
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve http: %w", err)
	}
	return nil
}
