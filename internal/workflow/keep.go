package workflow

import (
	"sync"
	"sync/atomic"
)

// maxKept is how much a model keeps for plugins. Texts of a model are fewer; a
// rule that makes up a new text for each workitem must not fill the memory.
const maxKept = 1000

// keep holds what plugins have made of the texts of a model. It may be used by
// any number of goroutines.
type keep struct {
	made  sync.Map
	count atomic.Int64
}

// get returns what was made for the key. Two goroutines that come at once may
// both make it; one result is kept.
func (k *keep) get(key any, create func() any) any {
	if v, ok := k.made.Load(key); ok {
		return v
	}
	v := create()
	if k.count.Load() >= maxKept {
		return v
	}
	kept, loaded := k.made.LoadOrStore(key, v)
	if !loaded {
		k.count.Add(1)
	}
	return kept
}
