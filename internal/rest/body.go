package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// readBody reads a body up to a limit; the time of the work begins behind it.
// Errors that are the client's are a [requestError].
func (c *call) readBody(limit int64) ([]byte, error) {
	if encoding := c.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &requestError{http.StatusUnsupportedMediaType, codeMediaType, "the body must not be encoded, as with gzip"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, limit))
	var large *http.MaxBytesError
	switch {
	case err == nil:
		c.begin()
		return body, nil
	case errors.As(err, &large):
		return nil, &requestError{http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body may have %d bytes", limit)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &requestError{http.StatusRequestTimeout, codeBodyTimeout, "the body did not come in time"}
	default:
		return nil, &requestError{http.StatusBadRequest, codeTruncated, "the body ends before its end"}
	}
}

// readItems reads a body that is one document.
func (c *call) readItems() (workitem.Items, error) {
	list, err := c.readDocuments()
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, badRequest(fmt.Sprintf("the body has %d documents, one is wanted", len(list)))
	}
	return list[0], nil
}

// readDocuments reads a body that is a document or a collection of documents, in
// any of the forms, and remembers which it is.
func (c *call) readDocuments() ([]workitem.Items, error) {
	media := mediaType(c.Request)
	if form(media) != formNative && !form(media).isImixs() && media != mediaFields {
		return nil, sentOtherwise("items")
	}
	body, err := c.readBody(maxItems)
	if err != nil {
		return nil, err
	}
	switch {
	case form(media).isXML():
		c.sent = form(media)
		return document.ParseXMLDocuments(body)
	case media == mediaFields:
		return parseFields(body)
	case form(media) == formJSON && document.IsJSON(body):
		c.sent = formJSON
		return document.ParseJSONCollection(body)
	}
	c.sent = formNative
	items, err := workitem.ParseJSON(body)
	return []workitem.Items{items}, err
}

// sentOtherwise refuses a body that is in none of the forms.
func sentOtherwise(what string) error {
	return &requestError{
		http.StatusUnsupportedMediaType, codeMediaType,
		what + " are sent as Content-Type: " + string(formJSON) + ", " + string(formXML) + " or " + string(formNative),
	}
}

// mediaFields is the type of what a page's form sends.
const mediaFields = "application/x-www-form-urlencoded"

// parseFields reads the fields of a page's form as items.
func parseFields(body []byte) ([]workitem.Items, error) {
	if bytes.Count(body, []byte{'&'}) >= workitem.MaxItems {
		return nil, badRequest(fmt.Sprintf("more than %d fields", workitem.MaxItems))
	}
	values := map[string][]any{}
	for field := range strings.SplitSeq(string(body), "&") {
		if field == "" {
			continue
		}
		name, value, err := parseField(field)
		if err != nil {
			return nil, err
		}
		name = strings.ToLower(strings.TrimSpace(name)) // as Set does
		values[name] = append(values[name], value)
	}
	items := workitem.Items{}
	for name, list := range values {
		items.Set(name, list...)
	}
	return []workitem.Items{items}, nil
}

// parseField reads one field.
func parseField(field string) (name, value string, err error) {
	name, value, _ = strings.Cut(field, "=")
	for _, text := range []*string{&name, &value} {
		if *text, err = url.QueryUnescape(*text); err != nil {
			return "", "", badRequest("the fields cannot be read")
		}
		if err := checkText("a field", *text); err != nil {
			return "", "", err
		}
	}
	if strings.TrimSpace(name) == "" || !workitem.ValidName(name) {
		return "", "", badRequest("a field has no name, or one that XML cannot hold")
	}
	return name, value, nil
}

func isArray(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("["))
}

// readModel reads a body that is a BPMN file. Files come without a type from
// some clients.
func (c *call) readModel() ([]byte, error) {
	switch media := mediaType(c.Request); {
	case media == "", media == "application/octet-stream", media == "text/xml", media == "application/xml", strings.HasSuffix(media, "+xml"):
		return c.readBody(maxModel)
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

// checkText refuses a text of address, headers or fields that Postgres would.
func checkText(name, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return badRequest(name + " must be UTF-8 without the character U+0000")
	}
	return nil
}
