package postgres

import (
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Defaults of Config.
const (
	DefaultConnectTimeout           = 5 * time.Second
	DefaultStatementTimeout         = 30 * time.Second
	DefaultLockTimeout              = 3 * time.Second
	DefaultIdleInTransactionTimeout = 5 * time.Second
)

// ErrNoURL means that nobody said which database. The driver would try the
// machine's own socket, and report that it does not exist.
var ErrNoURL = errors.New("no database URL")

// pingTimeout is how long an idle connection may take to prove that it is alive
// before it is replaced.
const pingTimeout = 3 * time.Second

// Config says how to connect. Everything but the URL has a useful zero value.
//
// The timeouts are set on the server, where they also end the work of a process
// that is frozen or gone: rows locked by it must not stay locked. Zero means the
// default, unless the URL carries the setting; a negative value leaves it to the
// server, as a pooler that refuses such settings requires (set them with ALTER
// ROLE there).
type Config struct {
	// URL is a database URL or a libpq keyword string. Settings in it, such as
	// search_path or statement_timeout, win over the defaults.
	URL string

	// MaxConns limits the pool. Zero means the URL's pool_max_conns, or the
	// driver's default: four, or the number of processors.
	MaxConns int32

	// ApplicationName is shown in pg_stat_activity. Empty means "postlude".
	ApplicationName string

	ConnectTimeout           time.Duration // to one host, once
	StatementTimeout         time.Duration // of one statement
	LockTimeout              time.Duration // wait of a statement for one lock
	IdleInTransactionTimeout time.Duration // between two statements of a transaction

	// Lookups says that statements are short and find their rows by index. The
	// planner is told so: the tables of a queue grow and shrink by orders of
	// magnitude between two ANALYZEs, and a plan made when they were empty, a
	// scan of the whole table for one batch, would be kept.
	Lookups bool
}

// pool translates the configuration for the driver.
func (c Config) pool() (*pgxpool.Config, error) {
	if c.URL == "" {
		return nil, ErrNoURL
	}
	pool, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, err
	}
	if c.MaxConns > 0 {
		pool.MaxConns = c.MaxConns
	}
	pool.PingTimeout = pingTimeout
	c.apply(&pool.ConnConfig.Config)
	return pool, nil
}

func (c Config) apply(conn *pgconn.Config) {
	if conn.ConnectTimeout == 0 || c.ConnectTimeout != 0 {
		conn.ConnectTimeout = orDefault(c.ConnectTimeout, DefaultConnectTimeout)
	}
	conn.DialFunc = dialer(conn.ConnectTimeout).DialContext

	settings := conn.RuntimeParams
	if c.ApplicationName != "" {
		settings["application_name"] = c.ApplicationName
	}
	setDefault(settings, "application_name", "postlude")
	// Times that pass through text (jsonb, casts) must not depend on the host.
	setDefault(settings, "timezone", "UTC")
	if c.Lookups {
		for _, plan := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"} {
			setDefault(settings, plan, "off")
		}
	}
	setTimeout(settings, "statement_timeout", c.StatementTimeout, DefaultStatementTimeout)
	setTimeout(settings, "lock_timeout", c.LockTimeout, DefaultLockTimeout)
	setTimeout(settings, "idle_in_transaction_session_timeout", c.IdleInTransactionTimeout, DefaultIdleInTransactionTimeout)
}

// dialer notices a host that has gone within half a minute. The kernel's own
// default is two hours.
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout: max(timeout, 0),
		KeepAliveConfig: net.KeepAliveConfig{
			Enable:   true,
			Idle:     15 * time.Second,
			Interval: 5 * time.Second,
			Count:    3,
		},
	}
}

// setTimeout lets the field win over the URL, and the URL over the default.
func setTimeout(settings map[string]string, name string, field, byDefault time.Duration) {
	switch {
	case field < 0:
	case field > 0:
		settings[name] = milliseconds(field)
	default:
		setDefault(settings, name, milliseconds(byDefault))
	}
}

func setDefault(settings map[string]string, name, value string) {
	if _, set := settings[name]; !set {
		settings[name] = value
	}
}

// milliseconds rounds up: 0 would switch the timeout off.
func milliseconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10)
}

func orDefault(d, byDefault time.Duration) time.Duration {
	switch {
	case d < 0:
		return 0
	case d == 0:
		return byDefault
	default:
		return d
	}
}
