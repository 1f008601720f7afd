package workitem

import "unicode/utf8"

// Limits of a text that [ParseJSON] reads. They bound the memory that a text
// takes: an empty map is a byte or two of text, and some fifty of memory.
const (
	MaxItems  = 100_000 // with the members of maps
	MaxValues = 250_000
	// MaxDepth bounds the maps and lists around a value.
	MaxDepth = 100
)

// storedDepth is more than what is stored can have: Postgres has parsed it, and its
// stack ends at some ten thousand levels.
const storedDepth = 100_000

// ValidName reports whether a name can be written in every form: XML has no
// control characters. A reader would take the rest for the name of another item.
// Members of maps may have the empty name, items must not.
func ValidName(name string) bool {
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(name[i:])
		if r == '\ufffe' || r == '\uffff' || (r == utf8.RuneError && size == 1) {
			return false
		}
		i += size
	}
	return true
}
