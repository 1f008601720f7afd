package simulate

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// asyncEvent is an event log entry that a real run would write.
type asyncEvent struct {
	Ref         string `json:"ref"`
	TargetEvent int    `json:"targetEvent"`
	DelayMillis int64  `json:"delayMillis"`
}

// armed returns what a real run would arm.
func armed(r workflow.Result, now time.Time) ([]asyncEvent, error) {
	events := []asyncEvent{}
	for reached := range r.All() {
		entries, err := asyncevent.Arm(reached, now)
		if err != nil {
			return nil, err
		}
		read, err := dryrun.ReadArmed(entries, now)
		if err != nil {
			return nil, err
		}
		for _, a := range read {
			delay := a.Occurrence.Due.Sub(now)
			events = append(events, asyncEvent{Ref: a.Ref, TargetEvent: a.TargetEvent, DelayMillis: delay.Milliseconds()})
		}
	}
	return events, nil
}

// entry is an event log entry that a plugin writes.
type entry struct {
	Topic       string          `json:"topic"`
	Ref         string          `json:"ref"`
	DelayMillis int64           `json:"delayMillis"`
	Data        json.RawMessage `json:"data,omitempty"`
}

func written(list []workflow.Entry) []entry {
	entries := make([]entry, len(list))
	for i, e := range list {
		entries[i] = entry{Topic: e.Topic, Ref: e.Ref, DelayMillis: e.Delay.Milliseconds()}
		if e.Data != nil {
			entries[i].Data = workitem.AppendJSON(nil, e.Data)
		}
	}
	return entries
}

func resultDocument(r workflow.Result, events []asyncEvent) []byte {
	doc := append([]byte(`{"workitem":`), workitem.AppendJSON(nil, r.Workitem.Items)...)
	doc = append(doc, `,"splits":`...)
	doc = appendWorkitems(doc, r.Splits)
	if len(r.Others) > 0 {
		doc = append(doc, `,"others":`...)
		doc = appendWorkitems(doc, r.Others)
	}
	if len(r.Entries) > 0 {
		doc = append(doc, `,"entries":`...)
		doc = append(doc, marshal(written(r.Entries))...)
	}
	doc = append(doc, `,"asyncEvents":`...)
	return append(append(doc, marshal(events)...), '}')
}

func appendWorkitems(doc []byte, list []workflow.Reached) []byte {
	doc = append(doc, '[')
	for i, r := range list {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = workitem.AppendJSON(doc, r.Items)
	}
	return append(doc, ']')
}

func errorDocument(err error) []byte {
	type failure struct {
		Code    string   `json:"code"`
		Message string   `json:"message"`
		Params  []string `json:"params,omitempty"`
	}
	f := failure{Code: string(workflow.ErrorCode(err)), Message: err.Error()}
	if f.Code == "" {
		f.Code = "ERROR"
	}
	var e *workflow.Error
	if errors.As(err, &e) {
		f.Message, f.Params = e.Detail(), e.Params
	}
	return marshal(map[string]failure{"error": f})
}

// marshal is for values that cannot fail.
func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
