// Package catalog keeps the deployed models: their BPMN sources in Postgres, by
// version and revision, and in memory what the kernel needs of them, parsed and
// compiled once.
//
// A version can be deployed again and gets a new revision. Running processes
// notice by a mark that they read along with their work (see [MarkSQL]): nothing
// needs a restart, and nothing is read twice.
package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
)

// Mark changes whenever a model is deployed or deleted. Revision is the sum of
// all revisions, not the highest: they are not committed in the order in which
// they are given out, and one below the highest would not be noticed. A deletion
// lowers the count; as many models deployed after it raise the sum, since their
// revisions are new.
type Mark struct {
	Count    int64
	Revision int64
}

// MarkSQL reads the [Mark]: its columns are the fields, in order.
const MarkSQL = `
SELECT
    count(*),
    coalesce(sum(revision), 0)::bigint
FROM model`

// Catalog is the models as of the last refresh. It is safe for concurrent use.
type Catalog struct {
	pool     *pgxpool.Pool
	snapshot atomic.Pointer[snapshot]
	loading  sync.Mutex
}

var _ workflow.ModelSource = (*Catalog)(nil)

// New returns a catalog that knows no model until it is refreshed.
func New(pool *pgxpool.Pool) *Catalog {
	c := &Catalog{pool: pool}
	c.snapshot.Store(&snapshot{})
	return c
}

// snapshot is the models at a mark. It is not changed once made.
type snapshot struct {
	mark     Mark
	deployed []workflow.Deployed
	models   map[string]model
}

type model struct {
	revision int64
	prepared *workflow.Model
	err      error // why the stored source cannot be used
}

// Model implements [workflow.ModelSource] on the last refresh. It does no I/O.
func (c *Catalog) Model(_ context.Context, version, group string) (*workflow.Model, error) {
	s := c.snapshot.Load()
	if m, ok := s.models[version]; ok && version != "" {
		return m.prepared, m.err
	}
	selected, err := workflow.Select(version, group, s.deployed)
	if err != nil {
		return nil, err
	}
	m := s.models[selected]
	return m.prepared, m.err
}

// Refresh loads what has changed if the mark is not the one of the last refresh.
func (c *Catalog) Refresh(ctx context.Context, mark Mark) error {
	if c.snapshot.Load().mark == mark {
		return nil
	}
	c.loading.Lock()
	defer c.loading.Unlock()
	old := c.snapshot.Load()
	if old.mark == mark {
		return nil
	}
	fresh, err := c.load(ctx, old)
	if err != nil {
		return fmt.Errorf("load models: %w", err)
	}
	c.snapshot.Store(fresh)
	return nil
}

// RefreshNow reads the mark and refreshes.
func (c *Catalog) RefreshNow(ctx context.Context) error {
	var mark Mark
	if err := c.pool.QueryRow(ctx, MarkSQL).Scan(&mark.Count, &mark.Revision); err != nil {
		return fmt.Errorf("read model mark: %w", err)
	}
	return c.Refresh(ctx, mark)
}

const revisionsSQL = `
SELECT
    version,
    revision
FROM model
ORDER BY version`

const sourceSQL = `
SELECT
    revision,
    source
FROM model
WHERE version = $1`

func (c *Catalog) load(ctx context.Context, old *snapshot) (*snapshot, error) {
	rows, err := c.pool.Query(ctx, revisionsSQL)
	if err != nil {
		return nil, err
	}
	revisions := map[string]int64{}
	var version string
	var revision int64
	fresh := &snapshot{models: map[string]model{}}
	_, err = pgx.ForEachRow(rows, []any{&version, &revision}, func() error {
		revisions[version] = revision
		fresh.mark.Count++
		fresh.mark.Revision += revision
		return nil
	})
	if err != nil {
		return nil, err
	}
	for version, revision := range revisions {
		m, ok := old.models[version]
		if !ok || m.revision != revision {
			m, err = c.read(ctx, version)
			if errors.Is(err, pgx.ErrNoRows) {
				continue // deleted just now; the mark tells the next refresh
			}
			if err != nil {
				return nil, err
			}
		}
		fresh.add(version, m)
	}
	return fresh, nil
}

// read parses one model. Its source is the deployed one: it was parsed before it
// was stored. If this program reads it differently, only its own workitems are
// harmed.
func (c *Catalog) read(ctx context.Context, version string) (model, error) {
	var m model
	var source []byte
	if err := c.pool.QueryRow(ctx, sourceSQL, version).Scan(&m.revision, &source); err != nil {
		return m, fmt.Errorf("model %s: %w", version, err)
	}
	parsed, err := bpmn.Parse(version, bytes.NewReader(source))
	if err != nil {
		m.err = fmt.Errorf("deployed model %s: %w", version, err)
		return m, nil
	}
	m.prepared = workflow.Prepare(parsed)
	return m, nil
}

func (s *snapshot) add(version string, m model) {
	s.models[version] = m
	d := workflow.Deployed{Version: version}
	if m.prepared != nil {
		d.Groups = m.prepared.Groups()
	}
	s.deployed = append(s.deployed, d)
}
