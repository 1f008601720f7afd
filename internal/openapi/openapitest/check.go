package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postlude/postlude/internal/document"
)

// CheckAnswer says why an answer is none that the document announces. It returns
// the media type under which it is there, "" for no body.
func (o *Operation) CheckAnswer(status int, header http.Header, body []byte) (media string, err error) {
	answer, ok := o.Answers[status]
	if !ok {
		return "", fmt.Errorf("the status %d is not announced: %s", status, body)
	}
	for name, schema := range answer.headers {
		if err := checkText(schema, header.Get(name)); err != nil {
			return "", fmt.Errorf("header %s: %w", name, err)
		}
	}
	if header.Get("Content-Type") == "" && len(body) == 0 {
		return "", nil
	}
	media, err = mediaType(header)
	if err != nil {
		return "", err
	}
	m, ok := answer.Bodies[media]
	if !ok {
		media = "*/*"
		if m, ok = answer.Bodies[media]; !ok {
			return "", fmt.Errorf("a body of the media type %s is not announced", header.Get("Content-Type"))
		}
	}
	if err := m.Check(media, body); err != nil {
		return media, fmt.Errorf("body: %w", err)
	}
	return media, nil
}

// CheckRequest says why a request is none that the document allows. It returns the
// media type of the body, "" for none. A body that does not say what it is may be
// anything (RFC 9110, 8.3).
func (o *Operation) CheckRequest(r *http.Request, body []byte) (media string, err error) {
	for name, values := range r.URL.Query() {
		i := slices.IndexFunc(o.Parameters, func(p Parameter) bool { return p.In == "query" && p.Name == name })
		if i < 0 {
			return "", fmt.Errorf("there is no parameter %s", name)
		}
		if err := checkText(o.Parameters[i].schema, values[0]); err != nil {
			return "", fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return "", nil
	}
	if media = "application/octet-stream"; r.Header.Get("Content-Type") != "" {
		if media, err = mediaType(r.Header); err != nil {
			return "", err
		}
	}
	m, ok := o.Bodies[media]
	if !ok {
		return "", fmt.Errorf("a body of the media type %q is not described", media)
	}
	return media, m.Check(media, body)
}

func mediaType(header http.Header) (string, error) {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "", fmt.Errorf("media type: %w", err)
	}
	return media, nil
}

// Check holds a body against the schema.
func (m *Media) Check(media string, body []byte) error {
	value, err := m.read(media, body)
	if err != nil {
		return err
	}
	return m.schema.Validate(value)
}

// read returns a body as JSON would have it. XML is in the form of Imixs' JSON,
// unless the schema says that it is a text.
func (m *Media) read(media string, body []byte) (any, error) {
	switch {
	case m.schema.Types != nil && slices.Contains(m.schema.Types.ToStrings(), "string"):
		return string(body), nil
	case media == "application/xml", media == "text/xml":
		documents, err := document.ParseXMLDocuments(body)
		if err != nil {
			return nil, err
		}
		body = document.AppendJSONCollection(nil, documents)
	case media == "application/x-www-form-urlencoded":
		fields, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		if body, err = json.Marshal(fields); err != nil {
			return nil, err
		}
	case media == "*/*":
		return string(body), nil
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(body))
}

// Allows says whether a text is a value of the parameter.
func (p *Parameter) Allows(text string) bool { return checkText(p.schema, text) == nil }

// checkText holds a parameter or a header against its schema: as a number or a
// truth if that is what the schema wants.
func checkText(schema *jsonschema.Schema, text string) error {
	var value any = text
	if schema.Types != nil {
		switch {
		case slices.Contains(schema.Types.ToStrings(), "integer"):
			value = json.Number(text)
		case slices.Contains(schema.Types.ToStrings(), "boolean"):
			truth, err := strconv.ParseBool(text)
			if err != nil {
				return err
			}
			value = truth
		}
	}
	return schema.Validate(value)
}

// Body writes an example as a body.
func Body(media string, example any) (string, error) {
	if text, ok := example.(string); ok {
		return text, nil
	}
	if media == "application/x-www-form-urlencoded" {
		fields := url.Values{}
		members, _ := example.(map[string]any)
		for name, value := range members {
			fields.Set(name, fmt.Sprint(value))
		}
		return fields.Encode(), nil
	}
	text, err := json.Marshal(example)
	return string(text), err
}
