package eventlog_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postlude/postlude/eventlog"
)

// fake is the REST API of an event log in memory, written from docs/api.md and as
// strict as that: what it does not know it refuses. Its clock is the test's.
type fake struct {
	http.Handler

	mu      sync.Mutex
	changed chan struct{} // closed by the next change
	entries []*stored     // the oldest first
	keys    map[string]stored
	made    int
	calls   map[string]int // requests by their pattern
	began   []string       // owners of the locks, in their order
}

// stored is an entry with what a client does not see as it is.
type stored struct {
	eventlog.Entry
	content string // what an idempotency key stands for
}

const fakeMedia = "application/vnd.postlude+json"

func newFake() *fake {
	f := &fake{changed: make(chan struct{}), keys: map[string]stored{}, calls: map[string]int{}}
	mux := http.NewServeMux()
	for pattern, route := range map[string]struct {
		parameters string
		handle     func(*fakeCall) error
	}{
		"GET /api/eventlog":                              {"pageSize pageIndex ref", f.list},
		"GET /api/eventlog/{topics}":                     {"pageSize pageIndex ref due wait", f.list},
		"GET /api/eventlog/entry/{id}":                   {"", f.read},
		"PUT /api/eventlog/{topic}/{ref}":                {"delay due", f.create},
		"POST /api/eventlog/lock/{id}":                   {"owner lease", f.lock},
		"POST /api/eventlog/lock":                        {"topic maxCount owner lease wait", f.lockDue},
		"POST /api/eventlog/extend/{id}":                 {"owner lease", f.extend},
		"POST /api/eventlog/unlock/{id}":                 {"owner", f.unlock},
		"POST /api/eventlog/release/{interval}/{topics}": {"", f.release},
		"DELETE /api/eventlog/{id}":                      {"owner", f.remove},
		"POST /api/eventlog/cancel/{id}":                 {"", f.cancel},
		"POST /api/eventlog/fire/{id}":                   {"", f.fire},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c := &fakeCall{Request: r, w: w, parameters: strings.Fields(route.parameters)}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.calls[pattern]++
			err := c.check()
			if err == nil {
				err = route.handle(c)
			}
			if err != nil {
				writeFault(w, err)
			}
		})
	}
	f.Handler = mux
	return f
}

// fakeCall is a request.
type fakeCall struct {
	*http.Request
	w          http.ResponseWriter
	parameters []string
	body       []byte
}

// fault is a problem.
type fault struct {
	status       int
	code, detail string
}

func (e *fault) Error() string { return e.code }

func invalid(format string, args ...any) error {
	return &fault{http.StatusBadRequest, "INVALID_REQUEST", fmt.Sprintf(format, args...)}
}

var (
	errNotFound  = &fault{http.StatusNotFound, "NOT_FOUND", "there is no such entry"}
	errLocked    = &fault{http.StatusConflict, "LOCKED", "the entry is locked"}
	errNotLocked = &fault{http.StatusConflict, "NOT_LOCKED", "the entry is not locked"}
	errNotYours  = &fault{http.StatusConflict, "NOT_YOURS", "another owner holds the entry"}
	errAsync     = &fault{http.StatusConflict, "ASYNC", "workers own it"}
	errPublished = &fault{http.StatusConflict, "PUBLISHED", "it is published"}
	errKey       = &fault{http.StatusUnprocessableEntity, "KEY_REUSED", "another entry"}
)

func writeFault(w http.ResponseWriter, err error) {
	f, ok := err.(*fault) //nolint:errorlint // there are no others
	if !ok {
		f = &fault{http.StatusInternalServerError, "INTERNAL_ERROR", err.Error()}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(f.status), "status": f.status, "code": f.code, "detail": f.detail,
	})
}

// check refuses what the API does not document.
func (c *fakeCall) check() (err error) {
	if c.Header.Get("Accept") != fakeMedia {
		return &fault{http.StatusNotAcceptable, "NOT_ACCEPTABLE", "only our own form"}
	}
	for name, values := range c.URL.Query() {
		if len(values) != 1 || !slices.Contains(c.parameters, name) {
			return invalid("the parameter %s", name)
		}
	}
	if c.body, err = io.ReadAll(c.Body); err != nil {
		return &fault{http.StatusBadRequest, "BODY_TRUNCATED", err.Error()}
	}
	if len(c.body) > 0 && (c.Method != http.MethodPut || c.Header.Get("Content-Type") != fakeMedia) {
		return &fault{http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "a body"}
	}
	return nil
}

func (c *fakeCall) number(name string, otherwise, most int) (int, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most || n == 0 && name != "pageIndex" {
		return 0, invalid("%s is %q", name, text)
	}
	return n, nil
}

func (c *fakeCall) time(name, text string, otherwise, most time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if d := time.Duration(ms) * time.Millisecond; err == nil && d >= 0 && d <= most {
		return d, nil
	}
	return 0, invalid("%s is %q", name, text)
}

func (c *fakeCall) lease() (time.Duration, error) {
	lease, err := c.time("lease", c.URL.Query().Get("lease"), time.Hour, 24*time.Hour)
	if err == nil && lease == 0 {
		err = invalid("the lease is 0")
	}
	return lease, err
}

// owner is the caller's name, and what the client says.
func (c *fakeCall) owner() string {
	name, _, _ := c.BasicAuth()
	name = cmp.Or(name, "anonymous")
	if owner := c.URL.Query().Get("owner"); owner != "" {
		name += "/" + owner
	}
	return name
}

func (c *fakeCall) json(document any) error {
	c.w.Header().Set("Content-Type", fakeMedia)
	return json.NewEncoder(c.w).Encode(document)
}

// topics of the path: the free ones, and those whose locked entries are wanted.
func (c *fakeCall) topics() (free, locked []string) {
	for topic := range strings.SplitSeq(c.PathValue("topics"), "~") {
		if name, ok := strings.CutSuffix(topic, ".lock"); ok {
			locked = append(locked, name)
		} else if topic != "" {
			free = append(free, topic)
		}
	}
	return free, locked
}

func (e *stored) held() bool { return time.Now().Before(e.LockExpires) }

func (e *stored) due() bool { return !time.Now().Before(e.Due) }

// shown is an entry as a client sees it.
func (e *stored) shown() map[string]any {
	shown := map[string]any{
		"id": e.ID, "topic": e.Topic, "ref": e.Ref, "created": e.Created.UTC(), "due": e.Due.UTC(),
		"data": e.Data, "state": e.State, "attempts": 0,
	}
	if e.held() {
		shown["lockOwner"], shown["lockExpires"] = e.LockOwner, e.LockExpires.UTC()
	}
	for name, text := range map[string]string{"traceparent": e.Traceparent, "armedBy": e.ArmedBy} {
		if text != "" {
			shown[name] = text
		}
	}
	if !e.Published.IsZero() {
		shown["published"] = e.Published.UTC()
	}
	return shown
}

func (c *fakeCall) list(entries []*stored) error {
	shown, size := make([]map[string]any, len(entries)), 0
	for i, e := range entries {
		shown[i] = e.shown()
		if size += len(e.Data); i > 0 && size > 100<<10 { // less than the API's, for quick tests
			shown[i]["data"], shown[i]["dataLeftOut"] = nil, true
		}
	}
	return c.json(map[string]any{"entries": shown})
}

func (f *fake) find(c *fakeCall) (*stored, error) {
	for _, e := range f.entries {
		if e.ID == c.PathValue("id") {
			return e, nil
		}
	}
	return nil, errNotFound
}

func (f *fake) read(c *fakeCall) error {
	e, err := f.find(c)
	if err != nil {
		return err
	}
	return c.json(e.shown())
}

func (f *fake) list(c *fakeCall) error {
	size, err1 := c.number("pageSize", 99, 1000)
	index, err2 := c.number("pageIndex", 0, 1_000_000)
	query := c.URL.Query()
	wait, err3 := c.time("wait", query.Get("wait"), 0, 25*time.Second)
	free, locked := c.topics()
	if err := cmp.Or(err1, err2, err3); err != nil {
		return err
	}
	if wait > 0 && (len(free) == 0 || len(locked) > 0 || query.Has("ref") || index > 0) {
		return invalid("wait goes with topics and due")
	}
	return f.waiting(c, wait, func() []*stored {
		var found []*stored
		for _, e := range f.entries {
			wanted := len(free)+len(locked) == 0 || slices.Contains(free, e.Topic) && !e.held() || slices.Contains(locked, e.Topic) && e.held()
			if wanted && (!query.Has("ref") || query.Get("ref") == e.Ref) && (query.Get("due") != "true" || e.due()) {
				found = append(found, e)
			}
		}
		return found[min(index*size, len(found)):min((index+1)*size, len(found))]
	})
}

// waiting answers as soon as there is something. The lock is given up meanwhile.
func (f *fake) waiting(c *fakeCall, wait time.Duration, look func() []*stored) error {
	for end := time.Now().Add(wait); ; {
		found := look()
		left := time.Until(end)
		if len(found) > 0 || left <= 0 {
			return c.list(found)
		}
		next := left
		for _, e := range f.entries {
			for _, at := range []time.Time{e.Due, e.LockExpires} {
				if until := time.Until(at); until > 0 {
					next = min(next, until)
				}
			}
		}
		changed, timer := f.changed, time.NewTimer(next)
		f.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
		case <-c.Context().Done():
		}
		timer.Stop()
		f.mu.Lock()
		if c.Context().Err() != nil {
			return c.Context().Err()
		}
	}
}

func (f *fake) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fake) create(c *fakeCall) error {
	query := c.URL.Query()
	e := stored{Entry: eventlog.Entry{
		Topic: c.PathValue("topic"), Ref: c.PathValue("ref"), Created: time.Now(), Due: time.Now(),
		Data: c.body, State: eventlog.Pending, Traceparent: c.Header.Get("Traceparent"),
	}}
	if len(c.body) == 0 {
		e.Data = nil
	}
	delay, err := c.time("delay", query.Get("delay"), 0, 100*365*24*time.Hour)
	switch {
	case err != nil:
		return err
	case strings.Contains(e.Topic, "~") || strings.HasSuffix(e.Topic, ".lock"):
		return &fault{http.StatusBadRequest, "INVALID_ENTRY", "the topic"}
	case len(c.body) > 0 && !json.Valid(c.body):
		return &fault{http.StatusBadRequest, "INVALID_ENTRY", "no JSON"}
	case query.Has("due") && query.Has("delay"):
		return invalid("a delay and a due time")
	case query.Has("due"):
		if e.Due, err = time.Parse(time.RFC3339Nano, query.Get("due")); err != nil {
			return invalid("due")
		}
	}
	e.Due = e.Due.Add(delay)
	e.content = c.URL.Path + "?" + c.URL.RawQuery + string(c.body)
	key := c.Header.Get("Idempotency-Key")
	if known, ok := f.keys[key]; ok && key != "" && time.Since(known.Created) < 24*time.Hour {
		if known.content != e.content {
			return errKey
		}
		return c.created(known.ID)
	}
	f.add(&e)
	f.keys[key] = e
	return c.created(e.ID)
}

func (c *fakeCall) created(id string) error {
	c.w.Header().Set("Location", "/api/eventlog/entry/"+id)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *fake) add(e *stored) {
	f.made++
	e.ID = fmt.Sprintf("00000000-0000-7000-8000-%012d", f.made)
	f.entries = append(f.entries, e)
	f.change()
}

// consumed finds an entry that a client may hold.
func (f *fake) consumed(c *fakeCall) (*stored, error) {
	e, err := f.find(c)
	if err == nil && e.Topic == "async.event" {
		err = errAsync
	}
	return e, err
}

func (e *stored) take(owner string, lease time.Duration) map[string]any {
	e.LockOwner, e.LockExpires = owner, time.Now().Add(lease)
	return map[string]any{"id": e.ID, "lockOwner": owner, "lockExpires": e.LockExpires.UTC()}
}

func (f *fake) lock(c *fakeCall) error {
	lease, err := c.lease()
	if err != nil {
		return err
	}
	e, err := f.consumed(c)
	switch {
	case err != nil:
		return err
	case e.held():
		return errLocked
	}
	f.began = append(f.began, c.owner())
	return c.json(e.take(c.owner(), lease))
}

func (f *fake) lockDue(c *fakeCall) error {
	topic := c.URL.Query().Get("topic")
	lease, err1 := c.lease()
	most, err2 := c.number("maxCount", 10, 100)
	wait, err3 := c.time("wait", c.URL.Query().Get("wait"), 0, 25*time.Second)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return err
	}
	switch topic {
	case "":
		return invalid("no topic")
	case "async.event":
		return errAsync
	}
	return f.waiting(c, wait, func() []*stored {
		var taken []*stored
		for _, e := range slices.SortedStableFunc(slices.Values(f.entries), func(a, b *stored) int { return a.Due.Compare(b.Due) }) {
			if e.Topic == topic && e.due() && !e.held() && len(taken) < most {
				e.take(c.owner(), lease)
				f.began = append(f.began, e.ID)
				taken = append(taken, e)
			}
		}
		return taken
	})
}

// owned finds an entry that the caller holds.
func (f *fake) owned(c *fakeCall) (*stored, error) {
	e, err := f.consumed(c)
	switch {
	case err != nil:
		return nil, err
	case !e.held():
		return nil, errNotLocked
	case e.LockOwner != c.owner():
		return nil, errNotYours
	}
	return e, nil
}

func (f *fake) extend(c *fakeCall) error {
	lease, err := c.lease()
	if err != nil {
		return err
	}
	e, err := f.owned(c)
	if err != nil {
		return err
	}
	f.change() // it may end sooner now
	return c.json(e.take(c.owner(), lease))
}

func (f *fake) unlock(c *fakeCall) error {
	e, err := f.owned(c)
	if err != nil {
		return err
	}
	e.LockOwner, e.LockExpires = "", time.Time{}
	f.change()
	return c.json(map[string]string{"id": e.ID})
}

// release takes every lock for an old one.
func (f *fake) release(c *fakeCall) error {
	if _, err := c.time("the interval", c.PathValue("interval"), 0, 24*time.Hour); err != nil {
		return err
	}
	free, _ := c.topics()
	for _, e := range f.entries {
		if slices.Contains(free, e.Topic) {
			e.LockOwner, e.LockExpires = "", time.Time{}
		}
	}
	f.change()
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *fake) remove(c *fakeCall) error {
	e, err := f.consumed(c)
	named := c.URL.Query().Has("owner")
	switch {
	case err != nil:
		return err
	case e.LockOwner == c.owner(), !named && !e.held():
		return f.drop(c, e)
	case e.held():
		return errNotYours
	}
	return errNotLocked
}

func (f *fake) drop(c *fakeCall, e *stored) error {
	f.entries = slices.DeleteFunc(f.entries, func(other *stored) bool { return other == e })
	f.change()
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *fake) cancel(c *fakeCall) error {
	e, err := f.find(c)
	switch {
	case err != nil:
		return err
	case !e.Published.IsZero():
		return errPublished
	case e.held():
		return errLocked
	}
	return f.drop(c, e)
}

func (f *fake) fire(c *fakeCall) error {
	e, err := f.find(c)
	switch {
	case err != nil:
		return err
	case !e.Published.IsZero():
		return errPublished
	}
	if !e.due() {
		e.Due = time.Now()
	}
	f.change()
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// What tests do behind the API's back.

func (f *fake) async() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := &stored{Entry: eventlog.Entry{Topic: "async.event", Ref: "w", Created: time.Now(), Due: time.Now().Add(time.Hour), ArmedBy: "t", State: eventlog.Pending}}
	f.add(e)
	return e.ID
}

func (f *fake) publish(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.ID == id {
			e.Published, e.State = time.Now(), eventlog.Published
		}
	}
}

// left are the ids that are there, and of them those that somebody holds.
func (f *fake) left() (ids, held []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		ids = append(ids, e.ID)
		if e.held() {
			held = append(held, e.ID)
		}
	}
	return ids, held
}

// steal gives a lock to somebody else.
func (f *fake) steal(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.ID == id {
			e.take("anonymous/thief", time.Hour)
		}
	}
}

// counted are the requests by their pattern.
func (f *fake) counted() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// RoundTrip implements http.RoundTripper: it answers in the caller's goroutine,
// which is what a bubble of synctest can wait for.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	server := r.Clone(r.Context())
	if server.Body == nil {
		server.Body = http.NoBody
	}
	f.ServeHTTP(recorder, server)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}
