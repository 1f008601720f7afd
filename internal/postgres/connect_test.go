package postgres_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestConnectSetsTimeouts(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	tests := []struct {
		name   string
		config postgres.Config
		want   map[string]string
	}{
		{
			name:   "defaults",
			config: postgres.Config{URL: db.URL},
			want: map[string]string{
				"statement_timeout":                   "30s",
				"lock_timeout":                        "3s",
				"idle_in_transaction_session_timeout": "5s",
				"application_name":                    "postlude",
				"timezone":                            "UTC",
			},
		},
		{
			name: "fields",
			config: postgres.Config{
				URL:                      withParameter(t, db.URL, "lock_timeout", "1s"),
				ApplicationName:          "async-worker",
				StatementTimeout:         1500 * time.Microsecond,
				LockTimeout:              7 * time.Second,
				IdleInTransactionTimeout: time.Minute,
			},
			want: map[string]string{
				"statement_timeout":                   "2ms",
				"lock_timeout":                        "7s",
				"idle_in_transaction_session_timeout": "1min",
				"application_name":                    "async-worker",
			},
		},
		{
			name:   "URL",
			config: postgres.Config{URL: withParameter(t, db.URL, "statement_timeout", "9s")},
			want:   map[string]string{"statement_timeout": "9s", "lock_timeout": "3s"},
		},
		{
			name:   "left to the server",
			config: postgres.Config{URL: db.URL, StatementTimeout: -1, LockTimeout: -1, IdleInTransactionTimeout: -1},
			want: map[string]string{
				"statement_timeout":                   "0",
				"lock_timeout":                        "0",
				"idle_in_transaction_session_timeout": "0",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool := mustConnect(t, tt.config)
			for name, want := range tt.want {
				var got string
				require.NoError(t, pool.QueryRow(t.Context(), `SELECT current_setting($1)`, name).Scan(&got))
				require.Equal(t, want, got, name)
			}
		})
	}
}

func TestMaxConnsLimitsThePool(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	require.Equal(t, int32(3), mustConnect(t, postgres.Config{URL: db.URL, MaxConns: 3}).Config().MaxConns)
	fromURL := withParameter(t, db.URL, "pool_max_conns", "2")
	require.Equal(t, int32(2), mustConnect(t, postgres.Config{URL: fromURL}).Config().MaxConns)
}

// A frozen process must not keep the rows it has locked.
func TestIdleTransactionLosesItsLocks(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	exec(t, db.Pool, `CREATE TABLE row AS SELECT 1 AS id`)
	frozen := mustConnect(t, postgres.Config{URL: db.URL, IdleInTransactionTimeout: 100 * time.Millisecond})
	tx, err := frozen.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT id FROM row FOR UPDATE`)
	require.NoError(t, err)

	exec(t, db.Pool, `SELECT id FROM row FOR UPDATE`)

	err = tx.Commit(t.Context())
	require.Error(t, err)
	require.True(t, postgres.IsUnavailable(err), "lost connection: %v", err)
}

func TestConnectErrorHidesThePassword(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	for _, address := range []string{
		strings.Replace(db.URL, "@", "s3cret@", 1),
		"postgres://user:s3cret@127.0.0.1:notaport/db",
		"host=127.0.0.1 password=s3cret sslmode=sometimes",
	} {
		_, err := postgres.Connect(t.Context(), postgres.Config{URL: address})
		require.ErrorContains(t, err, "connect to postgres: ")
		require.NotContains(t, err.Error(), "s3cret")
		require.False(t, postgres.IsUnavailable(err), "%v", err)
	}
}

func TestConnectToNobodyIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	silent := "postgres://postgres@" + address + "/postgres?sslmode=disable"

	_, err = postgres.Connect(t.Context(), postgres.Config{URL: silent, ConnectTimeout: 50 * time.Millisecond})
	require.True(t, postgres.IsUnavailable(err), "a server that does not answer: %v", err)

	require.NoError(t, listener.Close())
	_, err = postgres.Connect(t.Context(), postgres.Config{URL: silent})
	require.True(t, postgres.IsUnavailable(err), "no server: %v", err)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = postgres.Connect(ended, postgres.Config{URL: silent})
	require.False(t, postgres.IsUnavailable(err), "the caller's decision: %v", err)
	require.ErrorIs(t, err, context.Canceled)
}

func TestConnectNeedsAURL(t *testing.T) {
	t.Parallel()
	_, err := postgres.Connect(t.Context(), postgres.Config{})
	require.ErrorIs(t, err, postgres.ErrNoURL)
	_, err = postgres.Migrate(t.Context(), "", zerolog.Nop())
	require.ErrorIs(t, err, postgres.ErrNoURL)
}

func mustConnect(tb testing.TB, config postgres.Config) *pgxpool.Pool {
	tb.Helper()
	pool, err := postgres.Connect(tb.Context(), config)
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return pool
}
