package text

import (
	"context"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// Scope is what a text can refer to.
type Scope struct {
	// Items are those of the workitem that the text is about.
	Items workitem.Items
	// Locale is that of tags without one, such as "de-DE"; "" is en-US.
	Locale string
	// Zone is that of dates; nil means UTC.
	Zone *time.Location
	// Property returns a setting; nil means that there is none.
	Property func(key string) (string, bool)
	// Workitem returns another workitem, nil items if there is none; a nil
	// function means that there is none.
	Workitem func(ctx context.Context, id string) (workitem.Items, error)
}
