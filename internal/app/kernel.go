package app

import (
	"fmt"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // images without a system have no time zones of their own

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
)

// Kernel are the flags of the kernel.
type Kernel struct {
	EventLogLimit int    `name:"eventlog-limit" env:"POSTLUDE_EVENTLOG_LIMIT" default:"250" help:"Most lines that the item $$eventlog of a workitem keeps; 0 keeps all."`
	Locale        string `name:"locale" env:"POSTLUDE_LOCALE" default:"en-US" placeholder:"LOCALE" help:"How texts show dates and numbers where the model names no locale, such as de-DE (default ${default})."`
	TimeZone      string `name:"timezone" env:"POSTLUDE_TIMEZONE" default:"UTC" placeholder:"ZONE" help:"Time zone of timers, and of dates in texts, such as Europe/Berlin (default ${default})."`
}

// Validate implements kong's hook.
func (k Kernel) Validate() error {
	_, err := k.Zone()
	return err
}

// Zone returns the time zone; UTC if none is named. That of the machine is refused
// under each of its names: it is another one on another machine.
func (k Kernel) Zone() (*time.Location, error) {
	switch k.TimeZone {
	case "Local", "localtime":
		return nil, fmt.Errorf("POSTLUDE_TIMEZONE: %q may be another time zone on each machine; name one, such as Europe/Berlin", k.TimeZone)
	}
	zone, err := time.LoadLocation(k.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("POSTLUDE_TIMEZONE: %w", err)
	}
	return zone, nil
}

// New returns a kernel with these settings, the plugins there are, and the
// environment's properties. Its models are still to be set.
func (k Kernel) New() (*workflow.Kernel, error) {
	zone, err := k.Zone()
	if err != nil {
		return nil, err
	}
	return &workflow.Kernel{
		Plugins: plugin.Known(), Always: plugin.Always(),
		Locale: k.Locale, Zone: zone, Property: property, EventLogLimit: k.EventLogLimit,
	}, nil
}

// property returns the setting that a text of a model shows as
// <propertyvalue>key</propertyvalue>. Only variables that are meant for it can
// be shown: others hold passwords.
func property(key string) (string, bool) {
	if key == "" {
		return "", false
	}
	return os.LookupEnv("POSTLUDE_PROPERTY_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key)))
}
