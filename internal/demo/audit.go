package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// settleTimeout bounds how long the outbox may take to empty after the last
// request.
const settleTimeout = 30 * time.Second

// audit asks Postgres what became of the workitems.
type audit struct {
	pool    *pgxpool.Pool
	witness witness
	ids     []string
}

const pendingSQL = `
SELECT ref
FROM eventlog
WHERE topic = 'async.event'
  AND ref = ANY($1::text[])`

// settle waits until no async entry of the workitems is left. What is left after
// the timeout, the accounts tell.
func (a audit) settle(ctx context.Context, timeout time.Duration) error {
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		left := 0
		if err := a.each(ctx, pendingSQL, func(string) { left++ }); err != nil || left == 0 {
			return err
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// each calls add with the ref of every row.
func (a audit) each(ctx context.Context, sql string, add func(ref string)) error {
	rows, err := a.pool.Query(ctx, sql, a.ids)
	if err != nil {
		return fmt.Errorf("audit entries: %w", err)
	}
	var ref string
	if _, err := pgx.ForEachRow(rows, []any{&ref}, func() error { add(ref); return nil }); err != nil {
		return fmt.Errorf("audit entries: %w", err)
	}
	return nil
}

const discardedSQL = `
SELECT ref
FROM eventlog_discarded
WHERE topic = 'async.event'
  AND reason = 'stale'
  AND ref = ANY($1::text[])`

// accounts reads everything about the workitems.
func (a audit) accounts(ctx context.Context, acknowledged map[string][]int) ([]*account, error) {
	accounts, byID := make([]*account, len(a.ids)), make(map[string]*account, len(a.ids))
	for i, id := range a.ids {
		accounts[i] = &account{id: id, acknowledged: acknowledged[id]}
		byID[id] = accounts[i]
	}
	if err := a.histories(ctx, byID); err != nil {
		return nil, err
	}
	if err := a.each(ctx, discardedSQL, func(ref string) { byID[ref].stale++ }); err != nil {
		return nil, err
	}
	if err := a.each(ctx, pendingSQL, func(ref string) { byID[ref].pending++ }); err != nil {
		return nil, err
	}
	err := a.witness.entries(ctx, a.ids, func(ref string, e entry) { byID[ref].entries = append(byID[ref].entries, e) })
	return accounts, err
}

const historySQL = `
SELECT
    uniqueid,
    ARRAY(SELECT json_array_elements_text(items -> '$eventlog'))
FROM workitem
WHERE uniqueid = ANY($1::text[])`

func (a audit) histories(ctx context.Context, byID map[string]*account) error {
	rows, err := a.pool.Query(ctx, historySQL, a.ids)
	if err != nil {
		return fmt.Errorf("read histories: %w", err)
	}
	var id string
	var texts []string
	_, err = pgx.ForEachRow(rows, []any{&id, &texts}, func() error {
		for _, text := range texts {
			l, err := parseLine(text)
			if err != nil {
				return fmt.Errorf("workitem %s: %w", id, err)
			}
			byID[id].history = append(byID[id].history, l)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read histories: %w", err)
	}
	return nil
}
