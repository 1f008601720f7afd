package rest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// maxWanted bounds the items that a client may ask for by name.
const maxWanted = 200

// readWanted reads which items the client wants to see, each once; none for all.
func (c *call) readWanted() error {
	for name := range strings.SplitSeq(c.query.Get("items"), ",") {
		name = strings.TrimSpace(name)
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if name != "" && !slices.ContainsFunc(c.wanted, same) {
			c.wanted = append(c.wanted, name)
		}
		if len(c.wanted) > maxWanted {
			return badRequest(fmt.Sprintf("items may have %d names", maxWanted))
		}
	}
	return nil
}

// workitem is a workitem as an answer.
func (c *call) workitem(items workitem.Items) answer {
	d := &documents{list: []workitem.Items{items}, names: c.wanted}
	if c.form() == formNative {
		d.native = json.RawMessage(workitem.AppendJSON(nil, only(items, c.wanted)))
	}
	return d
}

// workitems are a list of workitems as an answer.
func (c *call) workitems(list []workitem.Items) answer {
	d := &documents{list: list, names: c.wanted}
	if c.form() == formNative {
		shown := make([]workitem.Items, len(list))
		for i := range list {
			shown[i] = only(list[i], c.wanted)
		}
		d.native = struct {
			Workitems []workitem.Items `json:"workitems"`
		}{shown}
	}
	return d
}

// only leaves out the items that are not wanted.
func only(items workitem.Items, names []string) workitem.Items {
	if len(names) == 0 {
		return items
	}
	some := workitem.Items{}
	for _, name := range names {
		some.Set(name, items.Values(name)...)
	}
	return some
}
