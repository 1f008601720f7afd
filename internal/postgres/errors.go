package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that a caller acts upon.
const (
	serializationFailure   = "40001"
	deadlockDetected       = "40P01"
	lockNotAvailable       = "55P03"
	queryCanceled          = "57014"
	adminShutdown          = "57P01"
	crashShutdown          = "57P02"
	cannotConnectNow       = "57P03"
	idleSessionTimeout     = "57P05"
	idleInTransaction      = "25P03"
	transactionTimeout     = "25P04"
	tooManyConnections     = "53300"
	undefinedTable         = "42P01"
	connectionExceptionCls = "08"
)

// IsRetryable reports whether the transaction failed only because of others
// that ran at the same time: a serialization failure or a deadlock. The same
// transaction may succeed at once; it was rolled back.
func IsRetryable(err error) bool {
	switch sqlState(err) {
	case serializationFailure, deadlockDetected:
		return true
	default:
		return false
	}
}

// IsLockTimeout reports whether a row or table stayed locked by somebody for
// longer than lock_timeout, or was locked for a NOWAIT.
func IsLockTimeout(err error) bool {
	return sqlState(err) == lockNotAvailable
}

// IsStatementTimeout reports whether the server cancelled the statement, as
// statement_timeout does.
func IsStatementTimeout(err error) bool {
	return sqlState(err) == queryCanceled
}

// IsUnavailable reports whether the database is away, for now: it cannot be
// reached, is starting or shutting down, has no connection left, or the
// connection was lost. The work may have been committed or not; whoever repeats
// it must be able to tell. A context that the caller ended is not unavailability.
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if state := sqlState(err); state != "" {
		return isUnavailableState(state)
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || isConnectionLost(err)
}

func isUnavailableState(state string) bool {
	switch state {
	case adminShutdown, crashShutdown, cannotConnectNow, idleSessionTimeout,
		idleInTransaction, transactionTimeout, tooManyConnections:
		return true
	default:
		return strings.HasPrefix(state, connectionExceptionCls)
	}
}

func isConnectionLost(err error) bool {
	for _, lost := range []error{
		pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

// sqlState returns the SQLSTATE of a server's error, or "".
func sqlState(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}
