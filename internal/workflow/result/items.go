package result

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow/javaformat"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// ValueError says that a tag asks for a value by a pattern that has a fault.
type ValueError struct {
	Item string
	Err  error
}

// Error implements error.
func (e *ValueError) Error() string { return fmt.Sprintf("item %q: %v", e.Item, e.Err) }

// Unwrap returns the fault.
func (e *ValueError) Unwrap() error { return e.Err }

// Items returns the items that the tags of a name set: the content of each is
// a value of the item that its attribute name says, without space around it
// and of the type that its attribute type says. Every other attribute is an
// item too, name.attribute. Tags without a name are left out. The result is nil
// if there is no such tag.
//
// The types are boolean, integer, long, float, double and date; all others are
// texts. What is no number is 0; what is no date adds no value, and an empty
// date removes those before it. Dates are read by the attribute format, or in
// the short form of the scope's locale, in its zone.
//
// A nil scope means that the tags of package text are not replaced, and en-US
// and UTC. The error is one of [Tags], or a [*ValueError].
func Items(ctx context.Context, source, tagName string, s *text.Scope) (workitem.Items, error) {
	tags, ok, err := find(ctx, source, tagName, s)
	if !ok || err != nil {
		return nil, err
	}
	r := reader{items: workitem.Items{}, zone: time.UTC}
	if s != nil {
		r.locale = s.Locale
		if s.Zone != nil {
			r.zone = s.Zone
		}
	}
	for i := range tags {
		if err := r.add(&tags[i]); err != nil {
			return nil, err
		}
	}
	return r.items, nil
}

// reader collects items.
type reader struct {
	items  workitem.Items
	locale string
	zone   *time.Location
}

func (r *reader) add(t *tag.Tag) error {
	name, _ := t.Attribute("name")
	if name == "" {
		return nil
	}
	for _, a := range t.Attributes {
		if !strings.EqualFold(a.Name, "name") {
			r.items.Append(strings.TrimSpace(name)+"."+a.Name, a.Value)
		}
	}
	content := strings.TrimFunc(t.Content, func(c rune) bool { return c <= ' ' })
	kind, _ := t.Attribute("type")
	if strings.EqualFold(kind, "date") {
		return r.addDate(name, content, t)
	}
	r.items.Append(name, convert(content, kind))
	return nil
}

// convert returns the value for a text.
func convert(content, kind string) any {
	switch strings.ToLower(kind) {
	case "boolean":
		return strings.EqualFold(content, "true")
	case "integer":
		return parseInt(content, 32)
	case "long":
		return parseInt(content, 64)
	case "double":
		v, err := workitem.ParseJavaDouble(content)
		if err != nil {
			return 0.0
		}
		return v
	case "float":
		v, err := workitem.ParseJavaFloat(content)
		if err != nil {
			return 0.0
		}
		return v
	}
	return content
}

// parseInt returns 0 for what does not fit, too.
func parseInt(content string, bits int) int64 {
	n, err := strconv.ParseInt(content, 10, bits)
	if err != nil {
		return 0
	}
	return n
}

func (r *reader) addDate(name, content string, t *tag.Tag) error {
	if content == "" {
		r.items.Remove(name)
		return nil
	}
	locale := text.FindLocale(r.locale)
	format, _ := t.Attribute("format")
	if format == "" {
		format = locale.ShortDateTime()
	}
	date, err := locale.ParseDate(format, content, r.zone)
	switch {
	case errors.Is(err, javaformat.ErrNoDate):
		return nil
	case err != nil:
		return &ValueError{Item: name, Err: err}
	}
	r.items.Append(name, date)
	return nil
}
