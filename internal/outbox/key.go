package outbox

import (
	"context"
	"fmt"
)

// The time is that of eventlog_create_once.
const purgeKeysSQL = `
DELETE FROM eventlog_key
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM eventlog_key
    WHERE created <= clock_timestamp() - interval '24 hours'
    ORDER BY created
    LIMIT 10000
    FOR UPDATE SKIP LOCKED
))`

// PurgeKeys deletes the oldest idempotency keys that hold no more, at most ten
// thousand at a time, and returns how many.
func (s *Store) PurgeKeys(ctx context.Context) (int, error) {
	tag, err := s.pool.Exec(ctx, purgeKeysSQL)
	if err != nil {
		return 0, fmt.Errorf("purge idempotency keys: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
