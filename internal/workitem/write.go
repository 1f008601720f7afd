package workitem

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Locked is what a workitem's row says while the transaction holds its lock.
type Locked struct {
	Version int64
	ArmedBy string
}

// Rows are locked in the order of their keys, by every process: two that want
// the same ones cannot wait for each other in a circle.
const lockFreeSQL = `
SELECT
    uniqueid,
    version,
    armed_by
FROM workitem
WHERE uniqueid = ANY($1::text[])
ORDER BY uniqueid
FOR UPDATE SKIP LOCKED`

// LockFree locks those of the workitems that nobody else has locked, for the rest
// of the transaction, and returns them by id. One that is missing from the
// result is locked by somebody else, or not stored.
func LockFree(ctx context.Context, db DB, uniqueIDs []string) (map[string]Locked, error) {
	rows, err := db.Query(ctx, lockFreeSQL, uniqueIDs)
	if err != nil {
		return nil, fmt.Errorf("lock workitems: %w", err)
	}
	locked := make(map[string]Locked, len(uniqueIDs))
	var id string
	var l Locked
	_, err = pgx.ForEachRow(rows, []any{&id, &l.Version, &l.ArmedBy}, func() error {
		locked[id] = l
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lock workitems: %w", err)
	}
	return locked, nil
}

const updateSQL = `
UPDATE workitem w
SET version        = w.version + 1,
    transaction_id = x.transaction_id,
    armed_by       = x.armed_by,
    model_version  = x.model_version,
    task_id        = x.task_id,
    type           = x.type,
    workflow_group = x.workflow_group,
    modified       = clock_timestamp(),
    items          = x.items::json,
    creator        = x.creator,
    -- What is equal stays the datum it is: a long one, that is compressed or
    -- stored apart, would count as changed, and the row not be updated in place.
    owners         = CASE WHEN w.owners = x.owners::text[] THEN w.owners ELSE x.owners::text[] END,
    writers        = CASE WHEN w.writers = x.writers::text[] THEN w.writers ELSE x.writers::text[] END,
    readers        = CASE WHEN w.readers = x.readers::text[] THEN w.readers ELSE x.readers::text[] END,
    refs           = CASE WHEN w.refs = x.refs::text[] THEN w.refs ELSE x.refs::text[] END
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]
) AS x (
    uniqueid, transaction_id, armed_by, model_version, task_id, type, workflow_group, items,
    creator, owners, writers, readers, refs
)
WHERE w.uniqueid = x.uniqueid
RETURNING w.uniqueid, w.created, w.modified`

const insertSQL = `
INSERT INTO workitem (
    uniqueid,
    version,
    transaction_id,
    armed_by,
    model_version,
    task_id,
    type,
    workflow_group,
    created,
    modified,
    items,
    creator,
    owners,
    writers,
    readers,
    refs
)
SELECT
    x.uniqueid,
    1,
    x.transaction_id,
    x.armed_by,
    x.model_version,
    x.task_id,
    x.type,
    x.workflow_group,
    coalesce(x.created, clock_timestamp()),
    clock_timestamp(),
    x.items::json,
    x.creator,
    x.owners::text[],
    x.writers::text[],
    x.readers::text[],
    x.refs::text[]
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[]
) AS x (
    uniqueid, transaction_id, armed_by, model_version, task_id, type, workflow_group, items,
    creator, owners, writers, readers, refs, created
)
-- who makes an id that another transaction is making waits for it: all do in
-- one order
ORDER BY x.uniqueid
ON CONFLICT (uniqueid) DO NOTHING
RETURNING uniqueid, created, modified`

// Write stores records in one statement for those that are new and one for those
// that are not, and fills in their times. The transaction must hold
// the locks of the latter. It returns how many it stored: one fewer for each new
// one whose id exists.
func Write(ctx context.Context, db DB, records []*Record) (stored int, err error) {
	var fresh, known columns
	byID := make(map[string]*Record, len(records))
	for _, r := range records {
		byID[r.Items.Text(UniqueID)] = r
		if r.Version == 0 {
			fresh.add(r)
		} else {
			known.add(r)
		}
	}
	updated, err := write(ctx, db, byID, updateSQL, &known)
	if err != nil {
		return 0, fmt.Errorf("update workitems: %w", err)
	}
	inserted, err := write(ctx, db, byID, insertSQL, &fresh, fresh.created)
	if err != nil {
		return 0, fmt.Errorf("insert workitems: %w", err)
	}
	return updated + inserted, nil
}

func write(ctx context.Context, db DB, byID map[string]*Record, sql string, c *columns, more ...any) (n int, err error) {
	if len(c.ids) == 0 {
		return 0, nil
	}
	rows, err := db.Query(ctx, sql, append(c.args(), more...)...)
	if err != nil {
		return 0, err
	}
	var id string
	var created, modified time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &created, &modified}, func() error {
		r := byID[id]
		r.Created, r.Modified = created, modified
		r.addTimes(r.Items)
		n++
		return nil
	})
	return n, err
}

// columns are records by column, as unnest takes them.
type columns struct {
	ids, transactions, armedBy, models, types, groups, items []string
	tasks                                                    []int
	creators, owners, writers, readers, refs                 []string
	created                                                  []*time.Time
}

func (c *columns) add(r *Record) {
	c.ids = append(c.ids, r.Items.Text(UniqueID))
	c.transactions = append(c.transactions, r.Items.Text(TransactionID))
	c.armedBy = append(c.armedBy, r.ArmedBy)
	c.models = append(c.models, r.Items.Text(ModelVersion))
	c.tasks = append(c.tasks, r.Items.Int(TaskID))
	c.types = append(c.types, r.Items.Text(Type))
	c.groups = append(c.groups, r.Items.Text(WorkflowGroup))
	c.items = append(c.items, string(storedForm(r.Items)))
	c.creators = append(c.creators, creatorOf(r.Items))
	c.owners = append(c.owners, arrayOf(ownersOf(r.Items)))
	c.writers = append(c.writers, arrayOf(writersOf(r.Items)))
	c.readers = append(c.readers, arrayOf(readersOf(r.Items)))
	c.refs = append(c.refs, arrayOf(refsOf(r.Items)))
	var created *time.Time
	if t := r.Items.Date(Created); !t.IsZero() {
		created = &t
	}
	c.created = append(c.created, created)
}

func (c *columns) args() []any {
	return []any{
		c.ids, c.transactions, c.armedBy, c.models, c.tasks, c.types, c.groups, c.items,
		c.creators, c.owners, c.writers, c.readers, c.refs,
	}
}

// storedForm leaves out what has a column of its own and changes with it.
func storedForm(it Items) []byte {
	names := make([]string, 0, len(it))
	for name := range it {
		if name != Created && name != Modified {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return appendItems(make([]byte, 0, 1024), it, names)
}
