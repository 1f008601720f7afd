package rest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// answer is what a handler says, in each of the forms.
type answer interface {
	write(w http.ResponseWriter, f form) error
}

// documents is an answer that is a collection in the forms of Imixs.
type documents struct {
	// native is the answer as JSON of our own.
	native any
	list   []workitem.Items
	// names are the items that are wanted, none for all.
	names []string
}

func (d *documents) write(w http.ResponseWriter, f form) error {
	if f == formNative {
		return writeJSON(w, http.StatusOK, f, d.native)
	}
	writeDocuments(w, http.StatusOK, f, d.list, d.names)
	return nil
}

// writeDocuments writes a collection in a form of Imixs.
func writeDocuments(w http.ResponseWriter, status int, f form, list []workitem.Items, names []string) {
	if f.isXML() {
		write(w, status, string(f), document.AppendXMLCollection(nil, list, names...))
		return
	}
	write(w, status, string(f), append(document.AppendJSONCollection(nil, list, names...), '\n'))
}

// confirmed is an answer that has nothing to say in the forms of Imixs but its
// status.
type confirmed struct{ native any }

func (c confirmed) write(w http.ResponseWriter, f form) error {
	if f == formNative {
		return writeJSON(w, http.StatusOK, f, c.native)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// noContent is an answer without a body.
type noContent struct {
	// location is the address of what was made, "" for none.
	location string
}

func (d noContent) write(w http.ResponseWriter, _ form) error {
	if d.location != "" {
		w.Header().Set("Location", d.location)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// file is an answer that is a file, in whatever form it has.
type file struct {
	contentType string
	body        []byte
}

func (f file) write(w http.ResponseWriter, _ form) error {
	write(w, http.StatusOK, f.contentType, f.body)
	return nil
}

func writeJSON(w http.ResponseWriter, status int, f form, value any) error {
	body, ok := value.(json.RawMessage) // our own: nothing to check
	if !ok {
		var err error
		if body, err = json.Marshal(value); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	write(w, status, string(f), append(body, '\n'))
	return nil
}

// write sends an answer. If the client is gone there is nobody to tell.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // data, which every header forbids to show as a page
}
