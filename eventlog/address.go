package eventlog

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// segment makes any text one segment of a path. A dot or two would be taken for
// directories.
func segment(text string) string {
	if text == "." || text == ".." {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// lockSuffix stands behind a topic for its entries that are locked.
const lockSuffix = ".lock"

// topicList makes one segment of topics: the free ones of some, and the locked
// ones of others. The error is an [ErrInvalid].
func topicList(free, locked []string) (string, error) {
	list := make([]string, 0, len(free)+len(locked))
	list = append(list, free...)
	for _, topic := range locked {
		list = append(list, topic+lockSuffix)
	}
	for i, topic := range list {
		if topic == "" || topic == lockSuffix && i >= len(free) {
			return "", fmt.Errorf("%w: a topic is empty", ErrInvalid)
		}
		if strings.Contains(topic, "~") {
			return "", fmt.Errorf("%w: the topic %q has a ~, which separates topics", ErrInvalid, topic)
		}
	}
	return segment(strings.Join(list, "~")), nil
}

// millis is a time as the API reads it, rounded up: nothing is due earlier than
// it was asked for, and no lock is shorter.
func millis(d time.Duration) string {
	const ms = time.Millisecond
	n := int64(d / ms)
	if d%ms > 0 {
		n++
	}
	return strconv.FormatInt(n, 10)
}

// ofLock are the parameters of a request about a lock: the owner and, unless it
// is 0, the lease.
func (c *Client) ofLock(lease time.Duration) url.Values {
	query := url.Values{"owner": {c.owner}}
	if lease != 0 {
		query.Set("lease", millis(lease))
	}
	return query
}
