package rest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	iso "github.com/sosodev/duration"
)

// Longest times that may be asked for.
const (
	maxDelay = 100 * 365 * 24 * time.Hour
	maxLease = 24 * time.Hour
	maxWait  = 25 * time.Second // below the time that a request may take
)

// defaultLease is that of a lock where none is asked for. Imixs' locks end only
// when somebody releases them, so it is long.
const defaultLease = time.Hour

// duration reads a positive time: as Go writes it (1h30m), by ISO 8601 (PT90S), or
// in milliseconds.
func duration(name, text string, most time.Duration) (time.Duration, error) {
	d, err := parseDuration(text)
	if err != nil || d < 0 || d > most {
		return 0, badRequest(fmt.Sprintf("%s is a time, as 90s, PT90S, or in milliseconds, up to %.0f hours", name, most.Hours()))
	}
	return d, nil
}

// errTooLong is that of a time which no duration can hold.
var errTooLong = errors.New("too long")

func parseDuration(text string) (time.Duration, error) {
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(millis, -1), maxDelay.Milliseconds()+1)) * time.Millisecond, nil
	}
	if strings.HasPrefix(text, "P") {
		d, err := iso.Parse(text)
		if err != nil || d.Years+d.Months+d.Weeks+d.Days > 1e5 || d.Hours+d.Minutes+d.Seconds > 1e10 {
			return 0, errors.Join(err, errTooLong)
		}
		if d.Years > 100 || d.Months > 1200 || d.Weeks > 5300 {
			return 0, errTooLong
		}
		return d.ToTimeDuration(), nil
	}
	return time.ParseDuration(text)
}

// duration reads a time from the address.
func (c *call) duration(name string, otherwise, most time.Duration) (time.Duration, error) {
	if !c.query.Has(name) {
		return otherwise, nil
	}
	return duration(name, c.query.Get(name), most)
}

// lease reads how long a lock is to last.
func (c *call) lease() (time.Duration, error) {
	lease, err := c.duration("lease", defaultLease, maxLease)
	if err == nil && lease <= 0 {
		err = badRequest("the lease must be positive")
	}
	return lease, err
}
