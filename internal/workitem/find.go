package workitem

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Key is what workitems are listed by, in the words of Imixs' task lists.
type Key string

// The keys. Names of people and references have up to 255 bytes; longer ones find
// nothing.
const (
	KeyAll     Key = ""          // all workitems
	KeyOwner   Key = "owner"     // the value is in $owner
	KeyCreator Key = "creator"   // the value is $creator
	KeyAuthor  Key = "author"    // the value is in $writeaccess
	KeyGroup   Key = "group"     // the value is $workflowgroup
	KeyTask    Key = "processid" // the value is $taskid
	KeyRef     Key = "ref"       // the value is in $workitemref or $uniqueidref
	// KeyWriteAccess lists the workitems that have one of [Query.Names] in
	// $writeaccess.
	KeyWriteAccess Key = "writeaccess"
)

// Sort is the item that a list is sorted by. Workitems that are equal in it are
// sorted by $uniqueid, in the same direction.
type Sort string

// The orders. By $created, and without a key by $uniqueid, no more is read than
// the page and those before it; by another, all that is found is sorted.
const (
	ByCreated  Sort = "created"
	ByModified Sort = "modified"
	ByTask     Sort = "taskid"
	ByUniqueID Sort = "uniqueid"
)

// Reader is who reads a list. The zero value may read what everybody may.
type Reader struct {
	// All says that the reader sees all workitems.
	All bool
	// Names are those by which $readaccess may name the reader.
	Names []string
}

// Query says which workitems to list. Several conditions are all to hold.
type Query struct {
	Key   Key
	Value string // of the key
	// Names are those of KeyWriteAccess.
	Names []string
	// Type is the type wanted, "" for all.
	Type   string
	Reader Reader
	// Sort is ByCreated if it is empty.
	Sort       Sort
	Descending bool
	// Limit is the most workitems to return, Offset how many to pass over first.
	Limit, Offset int
}

// Found is a workitem of a list.
type Found struct {
	Record
	// ItemsLeftOut says that the list would have become too large with this
	// workitem: of its items there are only $uniqueid, $transactionid,
	// $modelversion, $taskid, $workflowgroup, $created, $modified and type.
	ItemsLeftOut bool
}

// maxFoundItems bounds the items of a list, in bytes of their stored form; the
// first workitem has its items in any case.
const maxFoundItems = 16 << 20

// The statement is planned with its values, each time (see [Find]). What they
// rule out is gone before a way is chosen, of the conditions and of the order.
const findSQL = `
WITH page AS MATERIALIZED (
    -- ids first: items need not be sorted, nor read for what is passed over
    SELECT
        p.uniqueid,
        row_number() OVER () AS place
    FROM (
        SELECT w.uniqueid
        FROM workitem w
        WHERE ($1::text <> 'owner' OR w.owners && $2::text[])
          AND ($1 <> 'creator' OR w.creator = $3::text)
          AND ($1 NOT IN ('author', 'writeaccess') OR w.writers && $2)
          AND ($1 <> 'group' OR (left(w.workflow_group, 255) = left($3, 255) AND w.workflow_group = $3))
          AND ($1 <> 'processid' OR w.task_id = $4::integer)
          AND ($1 <> 'ref' OR w.refs && $2)
          AND ($5::text = '' OR (left(w.type, 255) = left($5, 255) AND w.type = $5))
          AND ($6::boolean OR w.readers && $7::text[])
        ORDER BY
            CASE WHEN $8::text = 'created' AND NOT $9::boolean THEN w.created END,
            CASE WHEN $8 = 'created' AND $9 THEN w.created END DESC,
            -- the same order, which only the indexes of type, group and creator have
            CASE WHEN $8 = 'created within' AND NOT $9 THEN w.created AT TIME ZONE 'UTC' END,
            CASE WHEN $8 = 'created within' AND $9 THEN w.created AT TIME ZONE 'UTC' END DESC,
            CASE WHEN $8 = 'modified' AND NOT $9 THEN w.modified END,
            CASE WHEN $8 = 'modified' AND $9 THEN w.modified END DESC,
            CASE WHEN $8 = 'taskid' AND NOT $9 THEN w.task_id END,
            CASE WHEN $8 = 'taskid' AND $9 THEN w.task_id END DESC,
            CASE WHEN NOT $9 THEN w.uniqueid END,
            CASE WHEN $9 THEN w.uniqueid END DESC
        LIMIT $10
        OFFSET $11
    ) p
)
SELECT
    w.armed_by,
    w.version,
    w.created,
    w.modified,
    CASE WHEN w.place = 1 OR w.size <= $12 THEN w.items::text END,
    w.uniqueid,
    w.transaction_id,
    w.model_version,
    w.task_id,
    w.type,
    w.workflow_group
FROM (
    SELECT
        w.*,
        p.place,
        sum(octet_length(w.items::text)) OVER (ORDER BY p.place) AS size
    FROM page p
    JOIN workitem w ON w.uniqueid = p.uniqueid
) w
ORDER BY w.place`

// Find returns the workitems that a query finds and its reader may read, without
// locking them. Workitems that come, go or change between two calls move the
// others: pages that are read one after the other may repeat or miss some. A
// value of KeyTask that is no integer finds nothing; a key or an order that there
// is not is an error, as is a text that Postgres cannot hold.
func Find(ctx context.Context, db DB, q Query) ([]Found, error) {
	return find(ctx, db, q, maxFoundItems)
}

func find(ctx context.Context, db DB, q Query, maxItems int) ([]Found, error) {
	if err := q.check(); err != nil {
		return nil, fmt.Errorf("list workitems: %w", err)
	}
	args, ok := q.args()
	if !ok {
		return nil, nil
	}
	// No plan is kept: it would have to do for all keys and all values, and sort
	// whatever the caller may read.
	args = append([]any{pgx.QueryExecModeExec}, append(args, maxItems)...)
	rows, err := db.Query(ctx, findSQL, args...)
	if err != nil {
		return nil, fmt.Errorf("list workitems: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanFound)
	if err != nil {
		return nil, fmt.Errorf("list workitems: %w", err)
	}
	return found, nil
}

// check refuses what the statement would take for no condition, or for no order.
func (q *Query) check() error {
	switch q.Key {
	case KeyAll, KeyOwner, KeyCreator, KeyAuthor, KeyGroup, KeyTask, KeyRef, KeyWriteAccess:
	default:
		return fmt.Errorf("unknown key %q", q.Key)
	}
	switch q.Sort {
	case "", ByCreated, ByModified, ByTask, ByUniqueID:
	default:
		return fmt.Errorf("unknown order %q", q.Sort)
	}
	return nil
}

// args are the arguments of the statement, without the last. ok is false if no
// workitem can be what is wanted.
func (q *Query) args() (args []any, ok bool) {
	names := []string{q.Value}
	if q.Key == KeyWriteAccess {
		names = slices.Clone(q.Names)
	}
	var task int64
	if q.Key == KeyTask {
		var err error
		if task, err = strconv.ParseInt(q.Value, 10, 32); err != nil {
			return nil, false
		}
	}
	readers := append(slices.Clone(q.Reader.Names), everybody)
	return []any{
		string(q.Key), names, q.Value, task, q.Type, q.Reader.All, readers,
		string(q.order()), q.Descending, q.Limit, q.Offset,
	}, true
}

// order is the order in the words of the statement.
func (q *Query) order() Sort {
	switch {
	case q.Sort != "" && q.Sort != ByCreated:
		return q.Sort
	case q.Type != "" || q.Key == KeyGroup || q.Key == KeyCreator:
		return "created within"
	}
	return ByCreated
}

func scanFound(row pgx.CollectableRow) (f Found, err error) {
	var items []byte
	var id, transaction, model, kind, group string
	var task int64
	err = row.Scan(&f.ArmedBy, &f.Version, &f.Created, &f.Modified, &items, &id, &transaction, &model, &task, &kind, &group)
	if err != nil {
		return f, err
	}
	if items != nil {
		if err := f.Decode(items); err != nil {
			return f, fmt.Errorf("workitem %s: %w", id, err)
		}
		return f, nil
	}
	f.ItemsLeftOut = true
	f.Items = Items{
		UniqueID: {id}, TransactionID: {transaction}, ModelVersion: {model},
		TaskID: {task}, Type: {kind}, WorkflowGroup: {group},
	}
	f.addTimes(f.Items)
	return f, nil
}
