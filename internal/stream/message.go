package stream

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Headers of our own; those of CloudEvents are described in its NATS binding,
// binary mode.
const (
	headerDue         = "Postlude-Due"
	headerID          = "ce-id"
	headerSource      = "ce-source"
	headerTraceparent = "traceparent"
)

// source is the ce-source of an installation's messages.
func source(installation string) string { return "urn:postlude:" + installation }

// maxSubject bounds a subject: the server ends the connection of a client whose
// control line exceeds 4 KiB.
const maxSubject = 2000

// encode makes the message of a dispatch. clock translates the entry's wait to
// the broker's clock. The error is an [outbox.ErrRefused] if the message would
// have a subject that is too long.
func encode(cfg *Config, d outbox.Dispatch, clock brokerClock) (*nats.Msg, error) {
	msg := &nats.Msg{Header: header(cfg, d)}
	var shown string // where a worker finds it, or the tap shows it
	switch {
	case d.Stream != "":
		shown, msg.Data = cfg.Names.handover(d.Stream, d.Topic, d.Ref), d.Data
	case d.Lane == outbox.LaneCopy:
		shown, msg.Data = cfg.Names.Tap(d.Topic, d.Ref), d.Data
	default:
		shown, msg.Data = cfg.Names.due(d.Lane, d.ID, d.Ref), ids(d)
	}
	if len(shown) > maxSubject {
		return nil, fmt.Errorf("%w: its subject has more than %d bytes", outbox.ErrRefused, maxSubject)
	}
	switch {
	case d.Arm:
		msg.Subject = cfg.Names.armed(d.ID)
		msg.Header["Nats-Schedule"] = []string{"@at " + clock.at(d.Wait-lead).UTC().Format(time.RFC3339Nano)}
		msg.Header["Nats-Schedule-Target"] = []string{shown}
	case d.Lane != outbox.LaneCopy && d.Generation > 1:
		msg.Subject = shown
		msg.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{"0"}
	default:
		msg.Subject = shown
	}
	return msg, nil
}

func header(cfg *Config, d outbox.Dispatch) nats.Header {
	id := d.ID.String()
	h := nats.Header{
		jetstream.MsgIDHeader: {id + ":" + strconv.Itoa(d.Generation)},
		"ce-specversion":      {"1.0"},
		headerID:              {id},
		headerSource:          {source(cfg.Installation)},
		"ce-type":             {headerValue(d.Topic)},
		"ce-subject":          {headerValue(d.Ref)},
		"ce-time":             {d.Created.UTC().Format(time.RFC3339Nano)},
		headerDue:             {d.Due.UTC().Format(time.RFC3339Nano)},
	}
	if len(d.Data) > 0 || d.Lane != outbox.LaneCopy {
		h["content-type"] = []string{"application/json"}
	}
	if d.Traceparent != "" {
		h[headerTraceparent] = []string{headerValue(d.Traceparent)}
	}
	return h
}

// ids is the body of an async entry's message: what identifies it, and nothing
// of the workitem's content. The data of an entry that a processing armed are
// just that; of another's only the ids are taken.
func ids(d outbox.Dispatch) []byte {
	identity := workitem.AppendJSON(make([]byte, 0, 256+len(d.Data)), workitem.Items{
		"id": {d.ID.String()}, "topic": {d.Topic}, "ref": {d.Ref}, "due": {d.Due},
	})
	data := d.Data
	if d.ArmedBy == "" || len(data) < 2 || data[0] != '{' || data[1] == '}' {
		all, err := workitem.ParseJSON(d.Data)
		if err != nil {
			all = nil // a worker will say what is wrong with it
		}
		data = workitem.AppendJSON(nil, workitem.Items{
			workitem.EventID:       all.Values(workitem.EventID),
			workitem.TransactionID: all.Values(workitem.TransactionID),
		})
	}
	identity[len(identity)-1] = ','
	return append(identity, data[1:]...)
}

// headerValue percent-encodes what a header cannot carry, as the CloudEvents
// HTTP binding does: everything but printable ASCII, and space, quote and
// percent.
func headerValue(text string) string {
	plain := func(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '%' }
	clean := true
	for i := range len(text) {
		clean = clean && plain(text[i])
	}
	if clean {
		return text
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
