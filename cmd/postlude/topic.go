package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/outbox"
)

type topicCommand struct {
	Set    topicSetCommand    `cmd:"" help:"Set what happens to the entries of a topic, those that wait included."`
	List   topicListCommand   `cmd:"" help:"List the policies that are set."`
	Remove topicRemoveCommand `cmd:"" help:"Take back the policy of a pattern."`
}

type topicSetCommand struct {
	database
	Pattern   string        `arg:"" name:"pattern" help:"A topic, or the beginning of one and a *. The exact topic wins, then the longest beginning."`
	Policy    string        `name:"policy" required:"" enum:"copy,handover,hold" help:"copy: published once, stays until a client removes it. handover: published to a stream, removed when the broker has proved that it has it. hold: not published."`
	Retention time.Duration `name:"retention" placeholder:"DURATION" help:"copy: how long an entry stays after it was published, as 24h; without it until it is removed."`
	Grace     time.Duration `name:"grace" placeholder:"DURATION" help:"handover: how long an entry stays at least after it was published; 5m without it."`
	Stream    string        `name:"stream" placeholder:"NAME" help:"handover: the stream that takes the entries; HANDOVER without it."`
	Ordered   bool          `name:"ordered" help:"copy and handover: of one ref, publish an entry only after the one before was acknowledged."`
}

// Run implements the command.
func (c *topicSetCommand) Run(ctx context.Context, std streams) error {
	topic := outbox.Topic{
		Pattern: c.Pattern, Policy: outbox.Policy(c.Policy),
		Retention: c.Retention, Grace: c.Grace, Stream: c.Stream, Ordered: c.Ordered,
	}
	if err := topic.Check(); err != nil {
		return usage("%s", err)
	}
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := outbox.SetTopic(ctx, pool, topic); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s: %s\n", c.Pattern, c.Policy)
	return nil
}

type topicListCommand struct {
	database
	JSON bool `name:"json" help:"Print JSON."`
}

// topicDocument is the JSON form of a policy.
type topicDocument struct {
	Pattern   string        `json:"pattern"`
	Policy    outbox.Policy `json:"policy"`
	Retention string        `json:"retention,omitempty"`
	Grace     string        `json:"grace,omitempty"`
	Stream    string        `json:"stream,omitempty"`
	Ordered   bool          `json:"ordered"`
}

// Run implements the command.
func (c *topicListCommand) Run(ctx context.Context, std streams) error {
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	topics, err := outbox.ListTopics(ctx, pool)
	if err != nil {
		return err
	}
	documents := make([]topicDocument, len(topics))
	for i, t := range topics {
		documents[i] = topicDocument{
			Pattern: t.Pattern, Policy: t.Policy, Retention: duration(t.Retention), Grace: duration(t.Grace),
			Stream: t.Stream, Ordered: t.Ordered,
		}
	}
	if c.JSON {
		return writeJSON(std.out, documents)
	}
	t := newTable(std.out, "PATTERN", "POLICY", "RETENTION", "GRACE", "STREAM", "ORDERED")
	for _, d := range documents {
		ordered := ""
		if d.Ordered {
			ordered = "yes"
		}
		t.row(d.Pattern, string(d.Policy), d.Retention, d.Grace, d.Stream, ordered)
	}
	return t.flush()
}

// duration is a duration as text, "" for none.
func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

type topicRemoveCommand struct {
	database
	Pattern string `arg:"" name:"pattern" help:"The pattern as it was set."`
}

// Run implements the command.
func (c *topicRemoveCommand) Run(ctx context.Context, std streams) error {
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	err = outbox.RemoveTopic(ctx, pool, c.Pattern)
	if errors.Is(err, outbox.ErrInvalidTopic) {
		return usage("%s", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Pattern, err)
	}
	fmt.Fprintf(std.out, "%s: removed\n", c.Pattern)
	return nil
}
