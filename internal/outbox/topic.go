package outbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Topics are the policies of topics, as the table eventlog_topic holds them. A
// Topics value is not changed once made.
type Topics struct {
	exact    map[string]Policy
	prefixes []topicPrefix // longest first
}

type topicPrefix struct {
	prefix string
	policy Policy
}

// Policy returns the policy of a topic: the exact pattern wins, then the
// longest that ends in '*', then [PolicyCopy]. It is the Go side of the SQL
// function eventlog_policy.
func (t Topics) Policy(topic string) Policy {
	if topic == TopicAsync {
		return PolicyAsync
	}
	if p, ok := t.exact[topic]; ok {
		return p
	}
	for _, p := range t.prefixes {
		if strings.HasPrefix(topic, p.prefix) {
			return p.policy
		}
	}
	return PolicyCopy
}

const topicsSQL = `
SELECT
    pattern,
    policy
FROM eventlog_topic
ORDER BY length(pattern) DESC, pattern`

// Topics reads the policies.
func (s *Store) Topics(ctx context.Context) (Topics, error) {
	topics := Topics{exact: map[string]Policy{}}
	rows, err := s.pool.Query(ctx, topicsSQL)
	if err != nil {
		return topics, fmt.Errorf("read topics: %w", err)
	}
	var pattern string
	var policy Policy
	_, err = pgx.ForEachRow(rows, []any{&pattern, &policy}, func() error {
		topics.exact[pattern] = policy
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			topics.prefixes = append(topics.prefixes, topicPrefix{prefix, policy})
		}
		return nil
	})
	if err != nil {
		return topics, fmt.Errorf("read topics: %w", err)
	}
	return topics, nil
}
