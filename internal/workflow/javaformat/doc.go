// Package javaformat shows numbers and dates as patterns say, in the language of a
// locale, and reads dates by them.
//
// The patterns and the results are those of Java's DecimalFormat and
// SimpleDateFormat, which the models of Imixs are written for, with the locale
// data of Java 17 (CLDR 39).
package javaformat

import "fmt"

// Error says that a pattern has a fault.
type Error struct {
	Pattern string
	Reason  string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("pattern %q: %s", e.Pattern, e.Reason) }
