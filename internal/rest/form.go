package rest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// form is how a body is written: a media type.
type form string

// The forms. docs/api.md says what they look like.
const (
	// formAny is that of a client that has no wish.
	formAny     form = ""
	formNative  form = "application/vnd.postlude+json"
	formJSON    form = "application/json"
	formXML     form = "application/xml"
	formTextXML form = "text/xml"
	formProblem form = "application/problem+json"
)

// isImixs says whether it is one of the forms of Imixs.
func (f form) isImixs() bool { return f == formJSON || f.isXML() }

func (f form) isXML() bool { return f == formXML || f == formTextXML }

// answerForm returns the form that a client wants of an answer; formAny if it
// takes whatever there is.
func (c *call) answerForm() (form, error) {
	if format := c.query.Get("format"); format != "" {
		f, ok := formOf(format)
		if !ok {
			return formAny, badRequest("format is json or xml")
		}
		return f, nil
	}
	f, ok := negotiate(accepted(c.Request), []form{formAny, formNative, formJSON, formXML, formTextXML})
	if !ok {
		return formAny, &requestError{
			http.StatusNotAcceptable, codeNotAcceptable,
			"the answer is " + string(formNative) + ", " + string(formJSON) + " or " + string(formXML),
		}
	}
	return f, nil
}

// errorForm returns the form in which a client is told an error: one of Imixs'
// if that is all it can read.
func errorForm(r *http.Request) form {
	if f, ok := formOf(r.URL.Query().Get("format")); ok {
		return f
	}
	f, ok := negotiate(accepted(r), []form{formAny, formProblem, formNative, formJSON, formXML, formTextXML})
	if !ok || !f.isImixs() {
		return formProblem
	}
	return f
}

// formOf is the form that Imixs' parameter format asks for.
func formOf(format string) (f form, ok bool) {
	f, ok = map[string]form{"json": formJSON, "xml": formXML}[format]
	return f, ok
}

func accepted(r *http.Request) string { return strings.Join(r.Header.Values("Accept"), ",") }

// negotiate returns the offer that a header Accept likes best (RFC 9110, 12.5.1):
// by its quality, then the one that is asked for by name before the one that is
// asked for by a wildcard, then the first. The offer formAny stands for all that
// only a wildcard asks for, and for a header that is empty.
func negotiate(accept string, offers []form) (best form, ok bool) {
	if strings.TrimSpace(accept) == "" {
		return formAny, true
	}
	ranges := parseAccept(accept)
	var most quality
	for _, offer := range offers {
		if q := qualityOf(ranges, offer); q.value > 0 && q.over(most) {
			best, most, ok = offer, q, true
		}
	}
	return best, ok
}

// mediaRange is an element of a header Accept.
type mediaRange struct {
	media string
	value float64
}

// parseAccept reads a header Accept. Elements that cannot be read ask for nothing.
func parseAccept(accept string) []mediaRange {
	var ranges []mediaRange
	for element := range strings.SplitSeq(accept, ",") {
		media, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		value := 1.0
		if q, ok := parameters["q"]; ok {
			if value, err = strconv.ParseFloat(q, 64); err != nil || !(value >= 0 && value <= 1) {
				continue
			}
		}
		ranges = append(ranges, mediaRange{media, value})
	}
	return ranges
}

// quality says how much an offer is liked, and by which kind of range.
type quality struct {
	value float64
	// precision is 3 for a range that names the offer, 2 and 1 for one with a
	// wildcard.
	precision int
}

func (q quality) over(other quality) bool {
	return q.value > other.value || q.value == other.value && q.precision > other.precision
}

// qualityOf finds the quality of an offer: the range that fits it best decides.
func qualityOf(ranges []mediaRange, offer form) (q quality) {
	kind, _, _ := strings.Cut(string(offer), "/")
	for _, r := range ranges {
		precision := 0
		switch r.media {
		case string(offer):
			precision = 3
		case kind + "/*":
			precision = 2
		case "*/*":
			precision = 1
		}
		if offer == formAny && r.media == "application/*" {
			precision = 2
		}
		if precision > q.precision {
			q = quality{r.value, precision}
		}
	}
	return q
}
