package asyncevent

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// One snapshot for an entry and its workitem: they were written together, so
// either both are new or both are old.
const readSQL = `
SELECT
    x.ord,
    e.topic,
    e.ref,
    e.due,
    -- thirty years are as good as any time, and as much as a duration holds
    greatest(least((extract(epoch FROM e.due - clock_timestamp()) * 1000000)::bigint, 1000000000000000), -1000000000000000),
    e.data::text,
    e.attempts,
    e.slow,
    w.armed_by,
    w.version,
    w.created,
    w.modified,
    w.uniqueid IS NOT NULL AND pg_column_size(w.items) > $2,
    CASE WHEN pg_column_size(w.items) <= $2 THEN w.items::text END
FROM unnest($1::uuid[]) WITH ORDINALITY AS x (id, ord)
JOIN eventlog e ON e.id = x.id
LEFT JOIN workitem w ON w.uniqueid = e.ref`

// Sizes that a workitem's items may have, as stored, to be handled in a batch,
// whose members are in memory together, and alone.
const (
	batchItemsSize = 256 << 10
	aloneItemsSize = 1 << 30
)

// read looks up the deliveries, and the models' mark with them, in one round
// trip; the catalog is refreshed if it has changed.
func (p *Processor) read(ctx context.Context, deliveries []Delivery, largest int) ([]candidate, error) {
	candidates := make([]candidate, len(deliveries))
	ids := make([]uuid.UUID, len(deliveries))
	for i, d := range deliveries {
		candidates[i].Delivery, ids[i] = d, d.ID
	}
	var mark catalog.Mark
	var batch pgx.Batch
	batch.Queue(catalog.MarkSQL).QueryRow(func(row pgx.Row) error {
		return row.Scan(&mark.Count, &mark.Revision)
	})
	batch.Queue(readSQL, ids, largest).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := scanCandidate(rows, candidates); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err := p.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	if err := p.catalog.Refresh(ctx, mark); err != nil {
		return nil, err
	}
	return candidates, nil
}

func scanCandidate(rows pgx.Rows, candidates []candidate) error {
	var ord, wait int64
	var entry outbox.Entry
	var armedBy *string
	var version *int64
	var created, modified *time.Time
	var items []byte
	var large bool
	err := rows.Scan(&ord, &entry.Topic, &entry.Ref, &entry.Due, &wait, &entry.Data,
		&entry.Attempts, &entry.Slow, &armedBy, &version, &created, &modified, &large, &items)
	if err != nil {
		return err
	}
	c := &candidates[ord-1]
	c.large = large
	entry.ID = c.ID
	c.entry, c.wait = &entry, time.Duration(wait)*time.Microsecond
	c.readData()
	if version == nil {
		return nil
	}
	if c.large {
		return nil
	}
	record := workitem.Record{ArmedBy: *armedBy, Version: *version, Created: *created, Modified: *modified}
	if fault := record.Decode(items); fault != nil {
		c.dataError = fault
	}
	c.record = &record
	return nil
}

func (c *candidate) readData() {
	if c.entry.Topic != outbox.TopicAsync {
		c.dataError = fmt.Errorf("the entry has the topic %q", c.entry.Topic)
		return
	}
	data, err := workitem.ParseJSON(c.entry.Data)
	if err != nil {
		c.dataError = fmt.Errorf("data of the entry: %w", err)
		return
	}
	c.targetEvent = data.Int(workitem.EventID)
	c.transactionID = data.Text(workitem.TransactionID)
	c.boundaryEvent = data.Text(ItemBoundaryEvent)
	c.occurrence = OccurrenceOf(data, c.entry.Due)
	if c.targetEvent <= 0 || c.transactionID == "" {
		c.dataError = fmt.Errorf("data of the entry: %s and %s are needed", workitem.EventID, workitem.TransactionID)
	}
}
