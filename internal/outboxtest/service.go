package outboxtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
)

// Service is what the suite runs against. Its errors are those of the functions
// of package outbox, for errors.Is and errors.As.
type Service interface {
	Create(ctx context.Context, e outbox.NewEntry) (id uuid.UUID, isNew bool, err error)
	Get(ctx context.Context, id uuid.UUID) (outbox.Listed, error)
	List(ctx context.Context, s outbox.Selection) ([]outbox.Listed, error)
	Count(ctx context.Context, topics []string) ([]outbox.Count, error)
	Lock(ctx context.Context, id uuid.UUID, owner string, lease time.Duration) (time.Time, error)
	LockDue(ctx context.Context, topic, owner string, lease time.Duration, limit int) ([]outbox.Listed, error)
	Extend(ctx context.Context, id uuid.UUID, owner string, lease time.Duration) (time.Time, error)
	Unlock(ctx context.Context, id uuid.UUID, owner string) error
	ReleaseLocks(ctx context.Context, topics []string, unusedFor time.Duration) (int, error)
	Delete(ctx context.Context, id uuid.UUID, owner string) error
	Cancel(ctx context.Context, id uuid.UUID) error
	Fire(ctx context.Context, id uuid.UUID) error
}

// Factory makes a service over an event log that is empty, that no relay works
// on, and whose topics have no policies set. It is safe for concurrent use.
type Factory func(t *testing.T) Service

// Functions is the service that the functions of package outbox are, on a pool,
// a connection or a transaction.
func Functions(db outbox.DB) Service { return functions{db} }

type functions struct{ db outbox.DB }

func (f functions) Create(ctx context.Context, e outbox.NewEntry) (id uuid.UUID, isNew bool, err error) {
	return outbox.CreateOnce(ctx, f.db, e)
}

func (f functions) Get(ctx context.Context, id uuid.UUID) (outbox.Listed, error) {
	return outbox.Get(ctx, f.db, id)
}

func (f functions) List(ctx context.Context, s outbox.Selection) ([]outbox.Listed, error) {
	return outbox.List(ctx, f.db, s)
}

func (f functions) Count(ctx context.Context, topics []string) ([]outbox.Count, error) {
	return outbox.CountEntries(ctx, f.db, topics)
}

func (f functions) Lock(ctx context.Context, id uuid.UUID, owner string, lease time.Duration) (time.Time, error) {
	return outbox.Lock(ctx, f.db, id, owner, lease)
}

func (f functions) LockDue(ctx context.Context, topic, owner string, lease time.Duration, limit int) ([]outbox.Listed, error) {
	return outbox.LockDue(ctx, f.db, topic, owner, lease, limit)
}

func (f functions) Extend(ctx context.Context, id uuid.UUID, owner string, lease time.Duration) (time.Time, error) {
	return outbox.Extend(ctx, f.db, id, owner, lease)
}

func (f functions) Unlock(ctx context.Context, id uuid.UUID, owner string) error {
	return outbox.Unlock(ctx, f.db, id, owner)
}

func (f functions) ReleaseLocks(ctx context.Context, topics []string, unusedFor time.Duration) (int, error) {
	return outbox.ReleaseLocks(ctx, f.db, topics, unusedFor)
}

func (f functions) Delete(ctx context.Context, id uuid.UUID, owner string) error {
	return outbox.Delete(ctx, f.db, id, owner)
}

func (f functions) Cancel(ctx context.Context, id uuid.UUID) error {
	return outbox.Cancel(ctx, f.db, id)
}

func (f functions) Fire(ctx context.Context, id uuid.UUID) error { return outbox.Fire(ctx, f.db, id) }
