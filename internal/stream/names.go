package stream

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
)

// Names are the names of streams and subjects, under a prefix.
type Names struct {
	prefix string
}

var validPrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// NewNames returns the names under a prefix: letters in lower case, digits, -
// and _, at most 32; "" for none. With the prefix acme the streams are
// ACME_ASYNCEVENT and ACME_EVENTLOG, and subjects begin with acme.
func NewNames(prefix string) (Names, error) {
	if prefix != "" && !validPrefix.MatchString(prefix) {
		return Names{}, fmt.Errorf("prefix %q: must be 1 to 32 lower-case letters, digits, - and _", prefix)
	}
	return Names{prefix: prefix}, nil
}

func (n Names) stream(name string) string {
	if n.prefix == "" {
		return name
	}
	return strings.ToUpper(n.prefix) + "_" + name
}

func (n Names) subject(tail string) string {
	if n.prefix == "" {
		return tail
	}
	return n.prefix + "." + tail
}

// WorkStream is the stream of async entries.
func (n Names) WorkStream() string { return n.stream("ASYNCEVENT") }

// TapStream is the stream that keeps what the tap has shown.
func (n Names) TapStream() string { return n.stream("EVENTLOG") }

// HandoverStream is the stream that takes handovers under a name of the
// operator's.
func (n Names) HandoverStream(name string) string { return n.stream(name) }

// handover is where an entry that is handed over to a stream stands. Streams must
// not share subjects, so the stream's name is in it.
func (n Names) handover(stream, topic, ref string) string {
	return n.subject("handover." + EncodeToken(stream) + "." + encodeTopic(topic) + "." + EncodeToken(ref))
}

// handoverRepublish maps a stream of handovers to where the tap shows them.
func (n Names) handoverRepublish(stream string) (source, destination string) {
	return n.subject("handover." + EncodeToken(stream) + ".>"), n.TapSubjects()
}

// TapSubjects covers everything the tap shows.
func (n Names) TapSubjects() string { return n.subject("eventlog.>") }

func (n Names) bell() string { return n.subject("asyncevent.wake") }

// workSubjects are those of the work stream: what no lane's consumer would take
// is not stored.
func (n Names) workSubjects() []string {
	subjects := []string{n.subject("asyncevent.armed.*")}
	for _, lane := range outbox.Lanes() {
		subjects = append(subjects, n.laneSubjects(lane))
	}
	return subjects
}

func (n Names) laneSubjects(lane outbox.Lane) string {
	return n.subject("asyncevent.due." + string(lane) + ".*.*")
}

// consumer is the durable consumer of a lane.
func (n Names) consumer(lane outbox.Lane) string { return "worker-" + string(lane) }

func (n Names) due(lane outbox.Lane, id uuid.UUID, ref string) string {
	return n.subject("asyncevent.due." + string(lane) + "." + id.String() + "." + EncodeToken(ref))
}

func (n Names) armed(id uuid.UUID) string { return n.subject("asyncevent.armed." + id.String()) }

// Tap is where the tap shows the entries of a topic about a ref.
func (n Names) Tap(topic, ref string) string {
	return n.subject("eventlog." + encodeTopic(topic) + "." + EncodeToken(ref))
}

// republish maps what is due to where the tap shows it.
func (n Names) republish() (source, destination string) {
	ref := "{{wildcard(3)}}"
	return n.subject("asyncevent.due.*.*.*"), n.subject("eventlog." + outbox.TopicAsync + "." + ref)
}

// parseDue is the inverse of due for the entry's id.
func (n Names) parseDue(subject string) (uuid.UUID, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) < 3 {
		return uuid.Nil, fmt.Errorf("subject %q: not of an entry", subject)
	}
	id, err := uuid.Parse(tokens[len(tokens)-2])
	if err != nil {
		return uuid.Nil, fmt.Errorf("subject %q: %w", subject, err)
	}
	return id, nil
}
