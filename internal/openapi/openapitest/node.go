package openapitest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// node is a place in the document, past the references that lead there.
type node struct {
	r       *reader
	pointer string // RFC 6901
	value   any
}

func (r *reader) node(name string) node {
	return node{r: r, value: any(r.root)}.child(name)
}

// child returns a member, an empty node if there is none.
func (n node) child(name string) node {
	members, _ := n.value.(map[string]any)
	pointer := n.pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return node{n.r, pointer, members[name]}.resolved()
}

// resolved follows a reference. What is beside it is for people. Schemas keep
// theirs: they are compiled.
func (n node) resolved() node {
	members, _ := n.value.(map[string]any)
	ref, ok := members["$ref"].(string)
	if !ok || strings.HasSuffix(n.pointer, "/schema") {
		return n
	}
	target := node{r: n.r, value: any(n.r.root)}
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		target = target.child(name)
	}
	if target.value == nil {
		n.r.fail(fmt.Errorf("%s: nothing is at %s", n.pointer, ref))
	}
	return target
}

func (n node) has(name string) bool {
	members, _ := n.value.(map[string]any)
	_, ok := members[name]
	return ok
}

func (n node) text(name string) string {
	text, _ := n.child(name).value.(string)
	return text
}

// members are in the order of their names.
func (n node) members() iter.Seq2[string, node] {
	members, _ := n.value.(map[string]any)
	return func(yield func(string, node) bool) {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !yield(name, n.child(name)) {
				return
			}
		}
	}
}

func (n node) elements() []node {
	values, _ := n.value.([]any)
	elements := make([]node, len(values))
	for i, value := range values {
		elements[i] = node{n.r, n.pointer + "/" + strconv.Itoa(i), value}.resolved()
	}
	return elements
}
