package catalog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// InUseError says that a model is not deleted, because workitems of its version
// are stored.
type InUseError struct{ Version string }

// Error implements error.
func (e *InUseError) Error() string {
	return fmt.Sprintf("model %s: workitems of this version are stored", e.Version)
}

// Keys of advisory locks are the database's, not the schema's.
const lockVersionSQL = `
SELECT pg_advisory_xact_lock(hashtextextended('postlude model ' || current_schema() || ' ' || $1::text, 0))`

const deleteSQL = `
DELETE FROM model
WHERE version = $1
  AND ($2 OR NOT EXISTS (SELECT FROM workitem WHERE model_version = $1))`

const isDeployedSQL = `
SELECT EXISTS (SELECT FROM model WHERE version = $1)`

// Delete takes a version out of what is deployed. The error is [ErrNotDeployed] if
// it is not there, and an [*InUseError] while workitems of it are stored, unless
// force says that this does not matter.
//
// Without force no workitem is left without its model: one that is being written
// under the version at this moment, see [Hold], is waited for and counts; one that
// comes later finds the model gone, and nothing of it is stored. Other versions
// are not held up.
//
// Running processes notice by the [Mark]. With force, the next event of a workitem
// of the version goes on in the model that workflow.Select chooses without it,
// which may be another version of its workflow group; if there is none it fails.
func (c *Catalog) Delete(ctx context.Context, version string, force bool) error {
	err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		// A statement of its own: the next one must see what was waited for.
		if _, err := tx.Exec(ctx, lockVersionSQL, version); err != nil {
			return err
		}
		deleted, err := tx.Exec(ctx, deleteSQL, version, force)
		if err != nil || deleted.RowsAffected() > 0 {
			return err
		}
		var deployed bool
		if err := tx.QueryRow(ctx, isDeployedSQL, version).Scan(&deployed); err != nil {
			return err
		}
		if deployed {
			return &InUseError{Version: version}
		}
		return ErrNotDeployed
	})
	if err != nil {
		return fmt.Errorf("delete model %s: %w", version, err)
	}
	return nil
}

// One order for all: two that hold several, and two that delete, cannot wait for
// each other in a circle.
const holdVersionsSQL = `
SELECT pg_advisory_xact_lock_shared(hashtextextended('postlude model ' || current_schema() || ' ' || x.version, 0))
FROM unnest($1::text[]) AS x (version)`

const heldVersionsSQL = `
SELECT version
FROM model
WHERE version = ANY($1::text[])`

// Hold keeps versions from being deleted until the transaction ends, and returns
// those of them that are deployed. Whoever stores a workitem under a version that
// it did not have calls it first. versions are in ascending order, each once.
func Hold(ctx context.Context, tx pgx.Tx, versions []string) (map[string]bool, error) {
	held := make(map[string]bool, len(versions))
	var batch pgx.Batch
	batch.Queue(holdVersionsSQL, versions)
	// A statement of its own: it must see the deletion that the first waited for.
	batch.Queue(heldVersionsSQL, versions).Query(func(rows pgx.Rows) error {
		var version string
		_, err := pgx.ForEachRow(rows, []any{&version}, func() error {
			held[version] = true
			return nil
		})
		return err
	})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("hold models: %w", err)
	}
	return held, nil
}
