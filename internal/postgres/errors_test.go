package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	const none, retryable, unavailable, lock, statement = "none", "retryable", "unavailable", "lock", "statement"
	answer := func(state string) error {
		return fmt.Errorf("claim entries: %w", &pgconn.PgError{Code: state})
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, none},
		{"no rows", pgx.ErrNoRows, none},
		{"canceled", fmt.Errorf("query: %w", context.Canceled), none},
		{"unique violation", answer("23505"), none},
		{"wrong password", answer("28P01"), none},
		{"serialization failure", answer("40001"), retryable},
		{"deadlock", answer("40P01"), retryable},
		{"lock timeout", answer("55P03"), lock},
		{"statement timeout", answer("57014"), statement},
		{"admin shutdown", answer("57P01"), unavailable},
		{"starting up", answer("57P03"), unavailable},
		{"idle in transaction", answer("25P03"), unavailable},
		{"too many connections", answer("53300"), unavailable},
		{"connection failure", answer("08006"), unavailable},
		{"unexpected end", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), unavailable},
		{"closed connection", fmt.Errorf("query: %w", pgconn.ErrConnClosed), unavailable},
		{"anything else", errors.New("boom"), none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want == retryable, postgres.IsRetryable(tt.err), "IsRetryable")
			require.Equal(t, tt.want == unavailable, postgres.IsUnavailable(tt.err), "IsUnavailable")
			require.Equal(t, tt.want == lock, postgres.IsLockTimeout(tt.err), "IsLockTimeout")
			require.Equal(t, tt.want == statement, postgres.IsStatementTimeout(tt.err), "IsStatementTimeout")
		})
	}
}

func TestDeadlockIsRetryable(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	exec(t, db.Pool, `CREATE TABLE row AS SELECT generate_series(1, 2) AS id`)
	const lock = `SELECT id FROM row WHERE id = $1 FOR UPDATE`
	begin := func(id int) pgx.Tx {
		tx, err := db.Pool.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), lock, id)
		require.NoError(t, err)
		return tx
	}
	one, two := begin(1), begin(2)

	var group errgroup.Group
	errs := make(chan error, 2)
	for tx, other := range map[pgx.Tx]int{one: 2, two: 1} {
		group.Go(func() error {
			_, err := tx.Exec(t.Context(), lock, other)
			errs <- err
			return tx.Rollback(t.Context())
		})
	}
	require.NoError(t, group.Wait())

	victim := errors.Join(<-errs, <-errs)
	require.True(t, postgres.IsRetryable(victim), "%v", victim)
}

func TestTerminatedBackendIsUnavailable(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	conn, err := pgx.Connect(t.Context(), db.URL)
	require.NoError(t, err)
	exec(t, db.Pool, fmt.Sprintf(`SELECT pg_terminate_backend(%d, 5000)`, conn.PgConn().PID()))

	_, first := conn.Exec(t.Context(), `SELECT 1`)
	_, second := conn.Exec(t.Context(), `SELECT 1`)

	require.True(t, postgres.IsUnavailable(first), "%v", first)
	require.True(t, postgres.IsUnavailable(second), "%v", second)
}

func TestTimeoutsAreTold(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	exec(t, db.Pool, `CREATE TABLE row AS SELECT 1 AS id`)
	holder, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), `SELECT id FROM row FOR UPDATE`)
	require.NoError(t, err)
	impatient := mustConnect(t, postgres.Config{URL: db.URL, LockTimeout: 20 * time.Millisecond, StatementTimeout: 200 * time.Millisecond})

	_, err = impatient.Exec(t.Context(), `SELECT id FROM row FOR UPDATE`)
	require.True(t, postgres.IsLockTimeout(err), "%v", err)
	_, err = impatient.Exec(t.Context(), `SELECT pg_sleep(10)`)
	require.True(t, postgres.IsStatementTimeout(err), "%v", err)
	require.NoError(t, holder.Rollback(t.Context()))
}
