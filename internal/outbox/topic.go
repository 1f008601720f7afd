package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Topic is what happens to the entries of the topics that a pattern fits.
type Topic struct {
	// Pattern is a topic, or the beginning of one and a '*'; "" for the topics
	// that none fits.
	Pattern string
	Policy  Policy
	// Retention is how long a copy stays after it was published, 0 for as long
	// as nobody removes it.
	Retention time.Duration
	// Grace is how long after it was handed over an entry stays at least.
	Grace time.Duration
	// Stream is the name of the stream that takes handovers, without a prefix.
	Stream string
	// Ordered says that of one ref, among the topics of the pattern, an entry is
	// published when the one that was due before it has been acknowledged.
	Ordered bool
}

// Defaults of handovers. A broker acknowledges before it has synced its disk,
// within two minutes by default: the grace is longer, so that what is proved is
// not in memory only.
const (
	DefaultGrace  = 5 * time.Minute
	DefaultStream = "HANDOVER"
)

// Topics are the policies of topics, as the table eventlog_topic holds them. A
// Topics value is not changed once made.
type Topics struct {
	exact    map[string]Topic
	prefixes []topicPrefix // longest first
	// expire says that copies of some topic have a retention.
	expire bool
}

type topicPrefix struct {
	prefix string
	topic  Topic
}

func newTopics(list []Topic) Topics {
	topics := Topics{exact: make(map[string]Topic, len(list))}
	for _, t := range list {
		topics.exact[t.Pattern] = t
		topics.expire = topics.expire || t.Retention > 0
		if prefix, ok := strings.CutSuffix(t.Pattern, "*"); ok {
			topics.prefixes = append(topics.prefixes, topicPrefix{prefix, t})
		}
	}
	slices.SortStableFunc(topics.prefixes, func(a, b topicPrefix) int { return len(b.prefix) - len(a.prefix) })
	return topics
}

// Of returns what holds for a topic: the exact pattern wins, then the longest
// that ends in '*', then [PolicyCopy] without a pattern. It is the Go side of
// the SQL functions eventlog_pattern and eventlog_policy.
func (t Topics) Of(topic string) Topic {
	if topic == TopicAsync {
		return Topic{Pattern: TopicAsync, Policy: PolicyAsync}
	}
	if found, ok := t.exact[topic]; ok {
		return found
	}
	for _, p := range t.prefixes {
		if strings.HasPrefix(topic, p.prefix) {
			return p.topic
		}
	}
	return Topic{Policy: PolicyCopy}
}

// Policy returns the policy of a topic.
func (t Topics) Policy(topic string) Policy { return t.Of(topic).Policy }

const topicsSQL = `
SELECT
    pattern,
    policy,
    coalesce((extract(epoch FROM retention) * 1000000)::bigint, 0),
    coalesce((extract(epoch FROM grace) * 1000000)::bigint, 0),
    coalesce(stream, ''),
    ordered
FROM eventlog_topic
ORDER BY pattern`

// ListTopics returns the policies that are set, by pattern.
func ListTopics(ctx context.Context, db DB) ([]Topic, error) {
	rows, err := db.Query(ctx, topicsSQL)
	if err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	return collectTopics(rows)
}

func collectTopics(rows pgx.Rows) ([]Topic, error) {
	topics, err := pgx.CollectRows(rows, scanTopic)
	if err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	return topics, nil
}

func scanTopic(row pgx.CollectableRow) (t Topic, err error) {
	var retention, grace int64
	err = row.Scan(&t.Pattern, &t.Policy, &retention, &grace, &t.Stream, &t.Ordered)
	t.Retention = time.Duration(retention) * time.Microsecond
	t.Grace = time.Duration(grace) * time.Microsecond
	if t.Policy == PolicyHandover {
		setDefault(&t.Grace, DefaultGrace)
		if t.Stream == "" {
			t.Stream = DefaultStream
		}
	}
	return t, err
}

// Topics reads the policies.
func (s *Store) Topics(ctx context.Context) (Topics, error) {
	list, err := ListTopics(ctx, s.pool)
	return newTopics(list), err
}
