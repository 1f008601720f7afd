package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/stream"
)

type doctorCommand struct {
	database
	app.NATS
	Enabled    bool          `name:"asyncevent-enabled" env:"ASYNCEVENT_PROCESSOR_ENABLED" help:"The setting that the programs have; without it nothing is armed."`
	Unconsumed time.Duration `name:"unconsumed" default:"24h" placeholder:"DURATION" help:"Report topics whose entries were published longer ago than that and are still there (default ${default})."`
	JSON       bool          `name:"json" help:"Print JSON."`
}

// Help implements kong's interface.
func (*doctorCommand) Help() string {
	return `Run it with the environment that the programs have. It changes nothing. The exit status is 1 if something is wrong.`
}

// finding is what a check came to.
type finding string

const (
	inOrder finding = "ok"
	problem finding = "problem"
	// unknown is what could not be looked at, because of another problem.
	unknown finding = "unknown"
)

// check is one thing that was looked at, in the JSON form too.
type check struct {
	Name   string  `json:"name"`
	Result finding `json:"result"`
	Detail string  `json:"detail"`
}

// checkTimeout bounds one check.
const checkTimeout = 15 * time.Second

// Run implements the command.
func (c *doctorCommand) Run(ctx context.Context, std streams) error {
	if err := c.require(); err != nil {
		return err
	}
	if c.Unconsumed < 0 {
		return usage("--unconsumed must not be negative")
	}
	checks := c.examine(ctx)
	well := true
	for _, check := range checks {
		well = well && check.Result == inOrder
	}
	if err := c.write(std.out, well, checks); err != nil {
		return err
	}
	if !well {
		return errReported
	}
	return nil
}

func (c *doctorCommand) write(w io.Writer, well bool, checks []check) error {
	if c.JSON {
		return writeJSON(w, struct {
			OK     bool    `json:"ok"`
			Checks []check `json:"checks"`
		}{well, checks})
	}
	t := newTable(w, "CHECK", "RESULT", "DETAIL")
	for _, check := range checks {
		t.row(check.Name, string(check.Result), process.OneLine(check.Detail))
	}
	return t.flush()
}

func (c *doctorCommand) examine(ctx context.Context) []check {
	checks := []check{
		{"database", unknown, ""},
		{"schema", unknown, "the database is away"},
		{"broker", unknown, ""},
		{"async events", unknown, ""},
		{"topics", unknown, "the schema is not in order"},
	}
	database, schema, broker, async, topics := &checks[0], &checks[1], &checks[2], &checks[3], &checks[4]

	installation := ""
	var policies []outbox.Topic
	pool, err := postgres.Connect(ctx, postgres.Config{URL: c.database.URL, MaxConns: 2, ApplicationName: "postlude doctor"})
	database.found(err, "Postgres answers")
	if err == nil {
		defer pool.Close()
		installation, err = c.examineSchema(ctx, pool)
		schema.found(err, "installation "+installation)
		if err == nil {
			policies, err = c.examineTopics(ctx, pool)
			topics.found(err, "all published entries are consumed")
		}
	}
	broker.found(c.examineBroker(ctx, installation, policies), "NATS with JetStream answers")
	async.found(c.examineSettings(), "ASYNCEVENT_PROCESSOR_ENABLED is true")
	return checks
}

// found notes a problem, or that there is none.
func (c *check) found(err error, well string) {
	if err != nil {
		c.Result, c.Detail = problem, err.Error()
		return
	}
	c.Result, c.Detail = inOrder, well
}

const installationSQL = `SELECT id::text FROM installation`

func (c *doctorCommand) examineSchema(ctx context.Context, pool *pgxpool.Pool) (installation string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := postgres.CheckSchema(ctx, pool); err != nil {
		return "", err
	}
	if err := pool.QueryRow(ctx, installationSQL).Scan(&installation); err != nil {
		return "", fmt.Errorf("read installation: %w", err)
	}
	return installation, nil
}

// examineTopics also returns the policies, as far as they could be read.
func (c *doctorCommand) examineTopics(ctx context.Context, pool *pgxpool.Pool) ([]outbox.Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	policies, err := outbox.ListTopics(ctx, pool)
	if err != nil {
		return nil, err
	}
	backlogs, err := outbox.Unconsumed(ctx, pool, c.Unconsumed)
	if err != nil {
		return policies, err
	}
	var found []error
	for _, b := range backlogs {
		found = append(found, fmt.Errorf("%s: %s published and not removed, the oldest for %s",
			b.Topic, entryCount(b.Entries), b.Oldest.Round(time.Second)))
	}
	return policies, errors.Join(found...)
}

func entryCount(n int) string {
	switch n {
	case 1:
		return "1 entry"
	case outbox.MaxCounted:
		return fmt.Sprintf("%d or more entries", n)
	}
	return fmt.Sprintf("%d entries", n)
}

// examineBroker looks whether the streams are ours where it is known who we are,
// and whether those of handovers keep what they are given.
func (c *doctorCommand) examineBroker(ctx context.Context, installation string, policies []outbox.Topic) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	nc, err := stream.Connect(stream.Dial{
		URL: c.NATS.URL, Name: "postlude doctor", Credentials: c.Credentials, NKey: c.NKey,
		CA: c.CA, Certificate: c.Certificate, Key: c.Key,
	}, zerolog.Nop())
	if err != nil {
		return err
	}
	defer nc.Close()
	names, err := stream.NewNames(c.Prefix)
	if err != nil {
		return err
	}
	cfg := stream.Config{Installation: installation, Names: names}
	err = stream.Check(ctx, nc, cfg)
	var foreign *stream.ForeignStreamError
	if installation == "" && errors.As(err, &foreign) {
		return nil
	}
	if err != nil {
		return err
	}
	return stream.CheckHandovers(ctx, nc, cfg, policies)
}

func (c *doctorCommand) examineSettings() error {
	if !c.Enabled {
		return errors.New("ASYNCEVENT_PROCESSOR_ENABLED is not true: no boundary event is armed, no worker starts")
	}
	return nil
}
