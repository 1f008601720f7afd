package workflow

import (
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

const (
	logTime       = "2006-01-02T15:04:05.000Z07:00"
	logFields     = 7
	deprecatedLog = "$eventlogdeprecated"
)

// log adds a line to $eventlog: time, model, task, event, next task, editor
// and comment.
func (r *run) log(task, event, next int) {
	migrateLog(r.items)
	line := strings.Join([]string{
		r.items.Date(workitem.LastEventDate).Format(logTime), r.items.Text(workitem.ModelVersion),
		strconv.Itoa(task), strconv.Itoa(event), strconv.Itoa(next),
		r.items.Text(workitem.Editor), r.items.Text(workitem.EventLogComment),
	}, "|")
	r.items.Append(workitem.EventLog, line)
	if lines := r.items.Values(workitem.EventLog); r.kernel.EventLogLimit > 0 && len(lines) > r.kernel.EventLogLimit {
		r.items.Set(workitem.EventLog, lines[len(lines)-r.kernel.EventLogLimit:]...)
	}
	r.items.Set(workitem.LastEvent, event)
}

// migrateLog brings lines of early versions into today's form, once. The
// originals are kept.
func migrateLog(items workitem.Items) {
	lines := items.Values(workitem.EventLog)
	if len(lines) == 0 || items.Has(deprecatedLog) || strings.Count(workitem.FormatValue(lines[0]), "|") >= logFields-1 {
		return
	}
	migrated := make([]any, len(lines))
	for i, line := range lines {
		migrated[i] = migrateLine(workitem.FormatValue(line))
	}
	items.Set(deprecatedLog, lines...)
	items.Set(workitem.EventLog, migrated...)
}

// migrateLine turns time|model|task.event|next|comment into seven fields. A
// time of old has no zone; it is taken as UTC.
func migrateLine(line string) string {
	fields := strings.Split(line, "|")
	if len(fields) != 4 && len(fields) != 5 {
		return line
	}
	if t, err := time.Parse("2006-01-02T15:04:05", fields[0]); err == nil {
		fields[0] = t.Format(logTime)
	}
	comment := ""
	if len(fields) == 5 {
		comment = fields[4]
	}
	task, event, _ := strings.Cut(fields[2], ".")
	return strings.Join([]string{fields[0], fields[1], task, event, fields[3], "", comment}, "|")
}
