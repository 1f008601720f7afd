package text

import (
	"context"
	"strings"

	"github.com/postlude/postlude/internal/workflow/tag"
)

// itemValue returns the value of an item. A tag that refers to a workitem that
// is not there stays in the text.
func (a *adapter) itemValue(ctx context.Context, t *tag.Tag, v *view) (string, error) {
	items, err := a.referred(ctx, t, v)
	if err != nil {
		return "", err
	}
	if items == nil {
		return t.Outer, nil
	}
	values := items.Values(t.Content)
	if len(values) == 0 {
		return "", nil
	}
	f := a.newFormat(t)
	if position, _ := t.Attribute("position"); position != "" {
		if strings.EqualFold(position, "last") {
			return f.show(values[len(values)-1]), nil
		}
		return f.show(values[0]), nil
	}
	separator, all := t.Attribute("separator")
	if !all {
		return f.show(values[0]), nil
	}
	a.work += valueWork * len(values)
	var b strings.Builder
	for i, value := range values {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(f.show(value))
		if b.Len() > maxOutput {
			return "", ErrTooLarge
		}
	}
	return b.String(), nil
}

// newFormat reads the attributes format and locale.
func (a *adapter) newFormat(t *tag.Tag) format {
	f := format{adapter: a}
	f.pattern, _ = t.Attribute("format")
	f.locale, _ = t.Attribute("locale")
	return f
}
