package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/postlude/postlude/internal/bpmn"
)

// Deployment is what a deployment stored.
type Deployment struct {
	Version  string    `json:"version"`
	Revision int64     `json:"revision"`
	Deployed time.Time `json:"deployed"`
	// Changed is false if the same source was deployed already.
	Changed bool `json:"changed"`
	// Warnings do not refuse a deployment.
	Warnings []bpmn.Problem `json:"warnings,omitempty"`
}

// RefusedError says why a model cannot be deployed.
type RefusedError struct {
	// Problems are the errors, and the warnings besides, in the order of the file.
	Problems []bpmn.Problem
}

// Error implements error. It tells the errors only.
func (e *RefusedError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		if p.Severity == bpmn.Error {
			lines = append(lines, p.String())
		}
	}
	return "the model is refused: " + strings.Join(lines, "; ")
}

const deploySQL = `
INSERT INTO model AS m (version, source)
VALUES ($1, $2)
ON CONFLICT (version) DO UPDATE
SET source   = excluded.source,
    revision = nextval('model_revision'),
    deployed = clock_timestamp()
WHERE m.source <> excluded.source
RETURNING revision, deployed`

const deployedSQL = `
SELECT
    revision,
    deployed
FROM model
WHERE version = $1`

// Deploy checks a BPMN source and stores it under the version that it names; a
// version that is there is replaced. file is what errors call the source. The
// error is a [*RefusedError] if the source is at fault; nothing is stored then.
func (c *Catalog) Deploy(ctx context.Context, file string, source []byte, o Options) (Deployment, error) {
	version, problems := Lint(file, source, o)
	if HasErrors(problems) {
		return Deployment{}, &RefusedError{Problems: problems}
	}
	d := Deployment{Version: version, Changed: true, Warnings: problems}
	err := c.pool.QueryRow(ctx, deploySQL, d.Version, source).Scan(&d.Revision, &d.Deployed)
	if errors.Is(err, pgx.ErrNoRows) {
		d.Changed = false
		err = c.pool.QueryRow(ctx, deployedSQL, d.Version).Scan(&d.Revision, &d.Deployed)
	}
	if err != nil {
		return Deployment{}, fmt.Errorf("deploy model %s: %w", d.Version, err)
	}
	return d, nil
}

const versionSourceSQL = `
SELECT source
FROM model
WHERE version = $1`

// ErrNotDeployed is the error of a version that is not deployed.
var ErrNotDeployed = errors.New("model not deployed")

// Source returns the BPMN source of a version as it was deployed, or
// [ErrNotDeployed].
func (c *Catalog) Source(ctx context.Context, version string) ([]byte, error) {
	var source []byte
	err := c.pool.QueryRow(ctx, versionSourceSQL, version).Scan(&source)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fmt.Errorf("model %s: %w", version, ErrNotDeployed)
	case err != nil:
		return nil, fmt.Errorf("read model %s: %w", version, err)
	}
	return source, nil
}

const listSQL = `
SELECT
    version,
    revision,
    deployed
FROM model
ORDER BY version
LIMIT nullif($1::bigint, 0)
OFFSET $2`

// List returns a page of what is deployed, by version: at most limit, 0 for all,
// behind the first offset.
func (c *Catalog) List(ctx context.Context, limit, offset int) ([]Deployment, error) {
	rows, err := c.pool.Query(ctx, listSQL, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Deployment, err error) {
		err = row.Scan(&d.Version, &d.Revision, &d.Deployed)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	return list, nil
}
