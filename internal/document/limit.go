package document

import (
	"fmt"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// Limits of one text. While a text of the largest size is read, no more than some
// 100 MB are needed besides it, whatever is in it.
const (
	MaxSize      = 32 << 20 // bytes
	MaxDocuments = 10_000
	MaxItems     = workitem.MaxItems // with the members of embedded maps
	MaxValues    = workitem.MaxValues
	// MaxDepth bounds the maps and lists around a value, the members' lists
	// counted: what is nested deeper could be stored, but not be read again.
	MaxDepth = workitem.MaxDepth
)

// budget counts what a text has had so far.
type budget struct {
	documents, items, values int
	deepest                  int
}

// exceeded returns what there is too much of, "" for nothing.
func (b *budget) exceeded() string {
	switch {
	case b.documents > MaxDocuments:
		return fmt.Sprintf("more than %d documents", MaxDocuments)
	case b.items > MaxItems:
		return fmt.Sprintf("more than %d items", MaxItems)
	case b.values > MaxValues:
		return fmt.Sprintf("more than %d values", MaxValues)
	case b.deepest > MaxDepth:
		return fmt.Sprintf("nested deeper than %d", MaxDepth)
	}
	return ""
}

// tooDeep reports whether a document that has been read could not be stored.
// The stored form needs one more level for a map with a name such as
// "@type"; so only what is half as deep as allowed has to be looked at.
func (b *budget) tooDeep(items workitem.Items) bool {
	if b.deepest <= MaxDepth/2 {
		return false
	}
	for _, values := range items {
		if listLevels(values)-1 > MaxDepth {
			return true
		}
	}
	return false
}

// levels returns how many levels a value takes in the stored form.
func levels(value any) int {
	switch v := value.(type) {
	case workitem.List:
		return listLevels(v)
	case workitem.Map:
		deepest, wrapper := 0, 0
		for name, member := range v {
			deepest = max(deepest, levels(member))
			if strings.HasPrefix(name, "@") {
				wrapper = 1
			}
		}
		return 1 + wrapper + deepest
	}
	return 0
}

func listLevels(values []any) int {
	deepest := 0
	for _, v := range values {
		deepest = max(deepest, levels(v))
	}
	return 1 + deepest
}

// names brings item names into their form, and keeps each once: the documents
// of a page have the same ones.
type names map[string]string

func (n names) item(raw []byte) string {
	if name, ok := n[string(raw)]; ok {
		return name
	}
	text := string(raw)
	n[text] = strings.ToLower(strings.TrimSpace(text))
	return n[text]
}
