package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// witness is a trigger that notes what happens to async entries, in the very
// transactions in which it happens: it sees what commits, and nothing else.
//
// removed is taken right after the deletion, committed by a deferred trigger,
// the last thing before the commit. What follows is the flush of the write-ahead
// log.
type witness struct {
	pool *pgxpool.Pool
}

const witnessSQL = `
CREATE TABLE demo_witness (
    id        uuid        PRIMARY KEY,
    ref       text        NOT NULL,
    event     integer     NOT NULL,
    armed     timestamptz NOT NULL,
    due       timestamptz NOT NULL,
    removed   timestamptz,
    committed timestamptz
);
CREATE INDEX demo_witness_ref ON demo_witness (ref);

CREATE FUNCTION demo_witness_armed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO demo_witness (id, ref, event, armed, due)
    VALUES (NEW.id, NEW.ref, (NEW.data -> '$eventid' ->> 0)::integer, clock_timestamp(), NEW.due);
    RETURN NULL;
END
$$;
CREATE FUNCTION demo_witness_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE demo_witness SET removed = clock_timestamp() WHERE id = OLD.id;
    RETURN NULL;
END
$$;
CREATE FUNCTION demo_witness_committed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE demo_witness SET committed = clock_timestamp() WHERE id = OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER demo_witness_armed AFTER INSERT ON eventlog
    FOR EACH ROW WHEN (NEW.topic = 'async.event') EXECUTE FUNCTION demo_witness_armed();
CREATE TRIGGER demo_witness_removed AFTER DELETE ON eventlog
    FOR EACH ROW WHEN (OLD.topic = 'async.event') EXECUTE FUNCTION demo_witness_removed();
CREATE CONSTRAINT TRIGGER demo_witness_committed AFTER DELETE ON eventlog
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.topic = 'async.event') EXECUTE FUNCTION demo_witness_committed();`

// call installs the witness, before anything is armed. What a killed demo left
// is replaced.
func (w witness) call(ctx context.Context) error {
	if err := w.dismiss(ctx); err != nil {
		return err
	}
	if _, err := w.pool.Exec(ctx, witnessSQL); err != nil {
		return fmt.Errorf("call the witness: %w", err)
	}
	return nil
}

const dismissSQL = `
DROP TRIGGER IF EXISTS demo_witness_armed ON eventlog;
DROP TRIGGER IF EXISTS demo_witness_removed ON eventlog;
DROP TRIGGER IF EXISTS demo_witness_committed ON eventlog;
DROP FUNCTION IF EXISTS demo_witness_armed, demo_witness_removed, demo_witness_committed;
DROP TABLE IF EXISTS demo_witness;`

// dismiss removes the witness: a system that is kept runs without.
func (w witness) dismiss(ctx context.Context) error {
	if _, err := w.pool.Exec(ctx, dismissSQL); err != nil {
		return fmt.Errorf("dismiss the witness: %w", err)
	}
	return nil
}

const entriesSQL = `
SELECT
    ref,
    event,
    due,
    removed,
    committed
FROM demo_witness
WHERE ref = ANY($1::text[])
ORDER BY ref, armed, id`

// entries returns what was armed for the workitems, each in order.
func (w witness) entries(ctx context.Context, ids []string, add func(ref string, e entry)) error {
	rows, err := w.pool.Query(ctx, entriesSQL, ids)
	if err != nil {
		return fmt.Errorf("hear the witness: %w", err)
	}
	var ref string
	var e entry
	var removed, committed *time.Time
	_, err = pgx.ForEachRow(rows, []any{&ref, &e.event, &e.due, &removed, &committed}, func() error {
		e.removed, e.committed = orZero(removed), orZero(committed)
		add(ref, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("hear the witness: %w", err)
	}
	return nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
