package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/postlude/postlude/internal/stream"
	"github.com/postlude/postlude/internal/workitem"
)

// tap watches entries as they are dispatched, as anybody may. It is for the eye:
// what it shows decides nothing.
type tap struct {
	conn *nats.Conn

	mu     sync.Mutex
	seen   map[string]bool // by id: the tap may repeat
	latest []sighting      // the last few
}

// sighting is an entry that the tap showed.
type sighting struct {
	at    time.Time
	ref   string
	event int
}

// latestKept is how many sightings are kept.
const latestKept = 5

// openTap subscribes to everything that the tap shows.
func openTap(natsURL string) (*tap, error) {
	t := &tap{seen: map[string]bool{}}
	var err error
	if t.conn, err = nats.Connect(natsURL, nats.Name("postlude demo tap")); err != nil {
		return nil, fmt.Errorf("open the tap: %w", err)
	}
	if _, err = t.conn.Subscribe(stream.Names{}.TapSubjects(), t.see); err == nil {
		err = t.conn.Flush()
	}
	if err != nil {
		t.conn.Close()
		return nil, fmt.Errorf("open the tap: %w", err)
	}
	return t, nil
}

func (t *tap) close() { t.conn.Close() }

func (t *tap) see(msg *nats.Msg) {
	items, err := workitem.ParseJSON(msg.Data)
	if err != nil {
		return // not of ours
	}
	s := sighting{at: time.Now(), ref: items.Text("ref"), event: items.Int(workitem.EventID)}
	t.mu.Lock()
	defer t.mu.Unlock()
	id := items.Text("id")
	if t.seen[id] {
		return
	}
	t.seen[id] = true
	t.latest = append(t.latest, s)
	if len(t.latest) > latestKept {
		t.latest = t.latest[len(t.latest)-latestKept:]
	}
}

// look returns how many entries were seen, and the last few.
func (t *tap) look() (seen int, latest []sighting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen), append([]sighting(nil), t.latest...)
}
