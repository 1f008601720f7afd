package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/openapi/openapitest"
)

// description is read once for all tests.
var description = sync.OnceValues(openapitest.Load)

func describedAPI(t *testing.T) *openapitest.Description {
	t.Helper()
	d, err := description()
	require.NoError(t, err)
	return d
}

// described holds every answer that a client gets against the description of the
// API, and every request that succeeded.
type described struct {
	t    *testing.T
	api  *openapitest.Description
	next http.RoundTripper
	seen *seen
}

// seen is what was there in requests and answers.
type seen struct {
	mu    sync.Mutex
	facts map[string]bool
}

func (s *seen) add(facts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.facts == nil {
		s.facts = map[string]bool{}
	}
	for _, fact := range facts {
		s.facts[fact] = true
	}
}

func answered(op *openapitest.Operation, status int, media string) string {
	return fmt.Sprintf("%s answers %d %s", op.ID, status, media)
}

func read(op *openapitest.Operation, media string) string { return op.ID + " reads " + media }

// RoundTrip implements [http.RoundTripper].
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if op := d.api.Find(r.Method, r.URL); op != nil && r.Method == op.Method {
		d.check(op, r, response, body)
	}
	return response, nil
}

func (d *described) check(op *openapitest.Operation, r *http.Request, response *http.Response, body []byte) {
	media, err := op.CheckAnswer(response.StatusCode, response.Header, body)
	if err != nil {
		d.t.Errorf("%s: %s %s: %d: %v", op.ID, r.Method, r.URL, response.StatusCode, err)
	}
	d.seen.add(answered(op, response.StatusCode, media))
	if response.StatusCode >= http.StatusMultipleChoices || r.GetBody == nil {
		return
	}
	sent, err := r.GetBody()
	if err != nil {
		d.t.Error(err)
		return
	}
	text, err := io.ReadAll(sent)
	if err != nil {
		d.t.Error(err)
		return
	}
	media, err = op.CheckRequest(r, text)
	if err != nil {
		d.t.Errorf("%s: %s %s succeeds: %v", op.ID, r.Method, r.URL, err)
	}
	d.seen.add(read(op, media))
}

// announced is all that the document says may be there.
func announced(d *openapitest.Description) []string {
	var facts []string
	for _, op := range d.Operations {
		for media := range op.Bodies {
			facts = append(facts, read(op, media))
		}
		for status, answer := range op.Answers {
			for media := range answer.Bodies {
				facts = append(facts, answered(op, status, media))
			}
			if len(answer.Bodies) == 0 {
				facts = append(facts, answered(op, status, ""))
			}
		}
	}
	slices.Sort(facts)
	return facts
}

// missing are the facts that are announced and were not there.
func (s *seen) missing(d *openapitest.Description) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	facts := maps.Clone(s.facts)
	return slices.DeleteFunc(announced(d), func(fact string) bool { return facts[fact] })
}
