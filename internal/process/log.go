package process

import (
	"io"
	"time"

	"github.com/rs/zerolog"
)

// Log are the flags of the log.
type Log struct {
	Level  string `name:"log-level" env:"POSTLUDE_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum}."`
	Format string `name:"log-format" env:"POSTLUDE_LOG_FORMAT" enum:"json,console" default:"json" help:"Form of the log lines: ${enum}."`
}

// Logger returns the log on a writer.
func (l *Log) Logger(w io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(l.Level)
	if err != nil || l.Level == "" {
		level = zerolog.InfoLevel
	}
	if l.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: true}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}
