package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postlude/postlude/internal/workitem"
)

// readBody reads a body up to a limit. Errors that are the client's are a
// [requestError].
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &requestError{http.StatusUnsupportedMediaType, codeMediaType, "the body must not be encoded, as with gzip"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &large):
		return nil, &requestError{http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body may have %d bytes", limit)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &requestError{http.StatusRequestTimeout, codeBodyTimeout, "the body did not come in time"}
	default:
		return nil, &requestError{http.StatusBadRequest, codeTruncated, "the body ends before its end"}
	}
}

// readItems reads a body of items.
func readItems(w http.ResponseWriter, r *http.Request) (workitem.Items, error) {
	if media := mediaType(r); media != "application/json" {
		return nil, &requestError{
			http.StatusUnsupportedMediaType, codeMediaType,
			"the items of a workitem are sent as Content-Type: application/json",
		}
	}
	body, err := readBody(w, r, maxItems)
	if err != nil {
		return nil, err
	}
	items, err := workitem.ParseJSON(body)
	if err != nil {
		return nil, err
	}
	if isDocument(items) {
		return nil, badRequest(`the document form of Imixs ("item": [{"name": …}]) is not read yet; send {"name": [values]}`)
	}
	return items, nil
}

// isDocument says whether these are no items but a document or a collection in
// the form of Imixs: it is kept free to be read as one.
func isDocument(items workitem.Items) bool {
	if len(items) != 1 {
		return false
	}
	for _, name := range []string{"item", "document", "data"} {
		for _, value := range items.Values(name) {
			if _, ok := value.(workitem.Map); ok {
				return true
			}
		}
	}
	return false
}

// readModel reads a body that is a BPMN file. Files come without a type from
// some clients.
func readModel(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	switch media := mediaType(r); {
	case media == "", media == "application/octet-stream", media == "text/xml", media == "application/xml", strings.HasSuffix(media, "+xml"):
		return readBody(w, r, maxModel)
	default:
		return nil, &requestError{
			http.StatusUnsupportedMediaType, codeMediaType,
			"a model is sent as it is, as Content-Type: application/xml or application/octet-stream",
		}
	}
}

// mediaType returns the type of the body in lower case, without parameters; ""
// if it has none, something that is no type if it is none.
func mediaType(r *http.Request) string {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return ""
	}
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return "invalid"
	}
	return media
}

// acceptsJSON refuses a client that wants anything but JSON: it is not to depend
// on getting JSON, since other forms are to come.
func acceptsJSON(r *http.Request) error {
	wanted := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(wanted) == "" {
		return nil
	}
	for part := range strings.SplitSeq(wanted, ",") {
		media, parameters, err := mime.ParseMediaType(part)
		if err == nil && slices.Contains([]string{"application/json", "application/*", "*/*"}, media) && parameters["q"] != "0" {
			return nil
		}
	}
	return &requestError{http.StatusNotAcceptable, codeNotAcceptable, "the answer is application/json"}
}

// checkText refuses a text of the address that Postgres would.
func checkText(name, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return badRequest(name + " must be UTF-8 without the character U+0000")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	write(w, http.StatusOK, "application/json", append(body, '\n'))
	return nil
}

func writeItems(w http.ResponseWriter, items workitem.Items) {
	write(w, http.StatusOK, "application/json", append(workitem.AppendJSON(nil, items), '\n'))
}

// write sends an answer. If the client is gone there is nobody to tell.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = bytes.NewReader(body).WriteTo(w)
}
