package rest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
)

func healthy(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}

// withNotes adds notes to what a readiness handler answers, a JSON object of
// texts, and leaves its status alone.
func withNotes(ready http.Handler, notes map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: &kept{header: http.Header{}}, status: http.StatusOK}
		ready.ServeHTTP(answer, r)
		lines := map[string]string{}
		body := answer.ResponseWriter.(*kept).body.Bytes() //nolint:forcetypeassert // made above
		if err := json.Unmarshal(body, &lines); err != nil {
			write(w, answer.status, "text/plain; charset=utf-8", body)
			return
		}
		maps.Copy(lines, notes)
		body, _ = json.Marshal(lines) // texts only
		write(w, answer.status, "application/json", append(body, '\n'))
	})
}

// kept keeps an answer.
type kept struct {
	header http.Header
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
func (k *kept) WriteHeader(int)             {}
