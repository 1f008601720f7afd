package rest_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/openapi/openapitest"
	"github.com/postlude/postlude/internal/rest"
)

func TestTheDescriptionHasAllRoutesAndNoOthers(t *testing.T) {
	t.Parallel()
	want := append(rest.Patterns(),
		"GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.yaml", "GET /api/docs/{$}")
	var got []string
	for _, op := range describedAPI(t).Operations {
		got = append(got, op.Pattern())
	}
	require.ElementsMatch(t, want, got)
}

// Every operation is asked for everything that it announces: each status in each
// media type, and each body that it reads, by the examples of the document. All
// clients of these tests hold what they get against it; see described.
func TestTheAPIIsWhatItsDescriptionSays(t *testing.T) { //nolint:tparallel // the group ends with the last of its members
	t.Parallel()
	survey := &survey{api: describedAPI(t), seen: new(seen)}
	t.Run("asked", func(t *testing.T) {
		for name, ask := range map[string]func(*testing.T){
			"successes":         survey.successes,
			"bodies":            survey.bodies,
			"unknown":           survey.unknown,
			"in use":            survey.inUse,
			"refused":           survey.refused,
			"without rights":    survey.withoutRights,
			"badly asked":       survey.badlyAsked,
			"wrong values":      survey.wrongValues,
			"another host":      survey.anotherHost,
			"provider away":     survey.providerAway,
			"too many":          survey.tooMany,
			"too slow":          survey.tooSlow,
			"broken":            survey.broken,
			"bad bodies":        survey.badBodies,
			"slow bodies":       survey.slowBodies,
			"known files":       survey.knownFiles,
			"not ready":         survey.notReady,
			"models of nothing": survey.withoutModel,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ask(t)
			})
		}
	})
	require.Empty(t, survey.seen.missing(survey.api), "announced, and nobody has seen it")
}

// survey asks servers for what the description announces.
type survey struct {
	api  *openapitest.Description
	seen *seen
}

// watch has a server's answers counted.
func (v *survey) watch(s *server) *server {
	s.client.Transport.(*described).seen = v.seen //nolint:forcetypeassert // see newServer
	return s
}

func (v *survey) ticketServer(t *testing.T, change ...func(*rest.Config)) *server {
	t.Helper()
	return v.watch(newTicketServer(t, change...))
}

// mediaOf are the media types in which an operation answers with a status, "" where
// it answers without a body.
func mediaOf(op *openapitest.Operation, status int) []string {
	media := slices.Sorted(maps.Keys(op.Answers[status].Bodies))
	switch {
	case len(media) == 0, slices.Equal(media, []string{"*/*"}):
		return []string{""}
	case slices.Equal(media, []string{"application/vnd.postlude+json"}):
		return append(media, "application/xml") // no body there
	}
	return media
}

// request is what is sent.
type request struct {
	address, media, body string
	header               []string
}

// first is a request of an operation by its examples.
func first(t *testing.T, op *openapitest.Operation, values map[string]string) request {
	t.Helper()
	r := request{address: op.Address(values)}
	for _, media := range slices.Sorted(maps.Keys(op.Bodies)) {
		r.media, r.body = media, bodyOf(t, media, op.Bodies[media].Examples[0])
		break
	}
	return r
}

func bodyOf(t *testing.T, media string, example any) string {
	t.Helper()
	body, err := openapitest.Body(media, example)
	require.NoError(t, err)
	return body
}

// send makes a request and wants this status, in this form if it is not "".
func (v *survey) send(t *testing.T, s *server, op *openapitest.Operation, r request, status int, accept string) {
	t.Helper()
	if accept != "" {
		r.header = append(slices.Clone(r.header), "Accept", accepting(accept))
	}
	got := s.do(t, op.Method, r.address, r.media, r.body, r.header...)
	require.Equal(t, status, got.status, "%s: %s %s: %s", op.ID, op.Method, r.address, got.body)
	if accept != "" && got.body != "" && accept != "text/html" && len(op.Answers[status].Bodies) > 1 {
		require.Equal(t, accept, got.header.Get("Content-Type"), op.ID)
	}
}

// accepting is the header of a client that wants its errors in this form. Who
// accepts nothing but problems gets no other answer.
func accepting(media string) string {
	if media == "application/problem+json" {
		return media + ", application/vnd.postlude+json"
	}
	return media
}

// each asks every operation that announces a status, in each form of that answer.
func (v *survey) each(t *testing.T, s *server, status int, change func(op *openapitest.Operation, r *request) bool) {
	t.Helper()
	for _, op := range v.api.Operations {
		if op.Answers[status] == nil {
			continue
		}
		for _, accept := range mediaOf(op, status) {
			r := first(t, op, nil)
			if change == nil || change(op, &r) {
				v.send(t, s, op, r, status, accept)
			}
		}
	}
}
