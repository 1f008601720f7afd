package outbox

import (
	"time"

	"github.com/rs/zerolog"
)

// streams reports which streams of handovers cannot be used, each now and then
// while that lasts: each round finds it again.
type streams struct {
	log      zerolog.Logger
	reported map[string]time.Time
}

const reportPause = time.Minute

func newStreams(log zerolog.Logger) *streams {
	return &streams{log: log, reported: map[string]time.Time{}}
}

// report logs why streams could not be used.
func (s *streams) report(faults map[string]error) {
	for name, err := range faults {
		if at, ok := s.reported[name]; ok && time.Since(at) < reportPause {
			continue
		}
		s.reported[name] = time.Now()
		s.log.Warn().Err(err).Str("stream", name).Msg("stream of handovers could not be used")
	}
}
