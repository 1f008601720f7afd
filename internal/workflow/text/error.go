package text

import (
	"errors"
	"fmt"
)

// Error says that a tag has a fault for which there is no sensible text.
type Error struct {
	Tag    string
	Offset int // of the tag in its text, in bytes
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("the tag <%s> at offset %d: %s", e.Tag, e.Offset, e.Reason)
}

// ErrTooLarge says that a text would become longer than 1 MiB, or take more
// work than a text is worth: elements that repeat their content multiply when
// they are nested.
var ErrTooLarge = errors.New("the text becomes too large")

// The limits are far above what a mail or a summary needs, and far below what
// would disturb anybody else.
const (
	maxOutput = 1 << 20 // bytes of a text
	maxWork   = 8 << 20 // bytes of text that are read for it, see below
	maxDepth  = 32      // elements within each other
	maxLoads  = 1000    // other workitems
)

// What else is done counts as if it were text, by the time it takes.
const (
	turnWork  = 64 // a turn of an element that repeats its content
	valueWork = 8  // a value that is shown, an item that is copied
)
