package simulation

import (
	"io/fs"
	"time"
)

// Options are what a simulation is made of. Only Models must be set.
type Options struct {
	// Models are the names of BPMN files. Of several, a workitem names its own by
	// $modelversion or $workflowgroup; with one, it need not.
	Models []string
	// Files is where the models are, such as an embedded file system; nil means
	// the files of this machine.
	Files fs.FS
	// Start is what the clock shows at first; zero means midnight UTC of
	// 1 January 2000.
	Start time.Time
	// Zone is that of the clock, of months and years in timers, and of dates in
	// texts; nil means that of Start.
	Zone *time.Location
	// Locale is that of texts without a locale, such as "de-DE"; "" is en-US.
	Locale string
	// Property returns a setting that texts may show; nil means that there is none.
	Property func(key string) (string, bool)
	// Editor is who calls events: it becomes $editor and $creator. "" leaves those
	// items as they are.
	Editor string
	// Adapters are the signal adapters by class name. An event with another one
	// fails, unless StubAdapters lets it do nothing.
	Adapters     map[string]Adapter
	StubAdapters bool
	// NoPlugins leaves out the plugins that the models name.
	NoPlugins bool
	// EventLogLimit is how many lines of $eventlog a workitem keeps, the last ones;
	// 0 means 250, as in a real system, and a negative number keeps all.
	EventLogLimit int
	// Limit is how many async events one call of Advance, AdvanceTo or Run may
	// process, so that an endless cycle ends; 0 means 10,000.
	Limit int
}

const (
	defaultEventLogLimit = 250
	// defaultLimit is more than a life in a test needs, and takes about a second.
	defaultLimit = 10_000
)

func (o Options) start() time.Time {
	start := o.Start
	if start.IsZero() {
		start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.Zone != nil {
		start = start.In(o.Zone)
	}
	return start.Truncate(time.Millisecond)
}

// eventLogLimit is the kernel's, of which 0 keeps all.
func (o Options) eventLogLimit() int {
	if o.EventLogLimit == 0 {
		return defaultEventLogLimit
	}
	return max(o.EventLogLimit, 0)
}

func (o Options) limit() int {
	if o.Limit > 0 {
		return o.Limit
	}
	return defaultLimit
}
