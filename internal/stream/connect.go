package stream

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// Conn is a connection to NATS.
type Conn = nats.Conn

// Dial are the settings of a connection to NATS.
type Dial struct {
	// URL may list several servers, separated by commas.
	URL string
	// Name is what the connection is called on the server.
	Name string
	// Credentials and NKey are files; each "" for none.
	Credentials, NKey string
	// CA, Certificate and Key are PEM files for TLS; each "" for none.
	CA, Certificate, Key string
}

// ErrServerTooOld is the error of a nats-server without message schedules.
var ErrServerTooOld = errors.New("nats-server 2.12 or newer is needed")

// Connect connects to NATS and reconnects for ever once it has succeeded. A
// server without message schedules is refused with [ErrServerTooOld].
func Connect(d Dial, log zerolog.Logger) (*Conn, error) {
	options := []nats.Option{
		nats.Name(d.Name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.PingInterval(10 * time.Second),
		// What cannot be sent now is not to be sent later behind our back: the
		// entry is given back to the outbox instead.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("connection to nats lost")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info().Msg("connection to nats restored") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn().Err(err).Msg("nats reported an error")
		}),
	}
	options, err := d.withCredentials(options)
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect(d.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to nats at %s: %w", redact(d.URL), err)
	}
	if v := nc.ConnectedServerVersion(); !hasSchedules(v) {
		nc.Close()
		return nil, fmt.Errorf("nats at %s runs version %s: %w", redact(d.URL), v, ErrServerTooOld)
	}
	return nc, nil
}

// redact hides passwords and tokens in a list of URLs.
func redact(urls string) string {
	list := strings.Split(urls, ",")
	for i, text := range list {
		u, err := url.Parse(strings.TrimSpace(text))
		switch {
		case err != nil:
			list[i] = "(a URL that cannot be read)"
		case u.User != nil:
			u.User = url.User("xxxxx")
			list[i] = u.String()
		}
	}
	return strings.Join(list, ",")
}

func (d Dial) withCredentials(options []nats.Option) ([]nats.Option, error) {
	if d.Credentials != "" {
		options = append(options, nats.UserCredentials(d.Credentials))
	}
	if d.NKey != "" {
		nkey, err := nats.NkeyOptionFromSeed(d.NKey)
		if err != nil {
			return nil, fmt.Errorf("read nkey: %w", err)
		}
		options = append(options, nkey)
	}
	if d.CA != "" {
		options = append(options, nats.RootCAs(d.CA))
	}
	if d.Certificate != "" || d.Key != "" {
		options = append(options, nats.ClientCert(d.Certificate, d.Key))
	}
	return options, nil
}

// hasSchedules says whether a server's version is 2.12 or newer.
func hasSchedules(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > 2 || major == 2 && minor >= 12)
}
