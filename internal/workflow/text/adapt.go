package text

import (
	"context"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow/javaformat"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workitem"
)

// Adapt replaces the tags of a text. A text without any is returned as it is,
// at no cost.
//
// The error is a [*tag.Error] for an element that is not closed, an [*Error]
// for one that lacks what it needs, [ErrTooLarge], or one of the scope's
// functions. Values that cannot be shown as asked are no error.
func Adapt(ctx context.Context, text string, s *Scope) (string, error) {
	names := tagNames()
	if tags := tag.Scan(text, names[:]...); !tags.Any() {
		return text, nil
	}
	a := adapter{scope: s, names: tagNames()}
	return a.adapt(ctx, text, &view{items: s.Items}, 0)
}

func tagNames() [7]string {
	return [...]string{"itemvalue", "propertyvalue", "filedata", "for-each-value", "for-each-child", "for-each-ref", "for-each"}
}

// adapter is one run of [Adapt].
type adapter struct {
	scope  *Scope
	names  [7]string          // of the tags
	locale *javaformat.Locale // of the scope, nil until it is needed
	loaded map[string]workitem.Items
	work   int
}

// view is what tags see: the items of a workitem, or within an element that
// repeats its content, those of the current turn.
type view struct {
	items workitem.Items
	outer *view
}

func (a *adapter) adapt(ctx context.Context, text string, v *view, depth int) (string, error) {
	if a.work += len(text); depth > maxDepth || a.work > maxWork {
		return "", ErrTooLarge
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	tags := tag.Scan(text, a.names[:]...)
	var b strings.Builder
	last := 0
	for {
		t, ok, err := tags.Next()
		if err != nil {
			return "", err
		}
		if !ok {
			break
		}
		value, err := a.replace(ctx, &t, v, depth)
		if err != nil {
			return "", err
		}
		if last == 0 {
			b.Grow(len(text)) // values are about as long as their tags
		}
		b.WriteString(text[last:t.Start])
		b.WriteString(value)
		if last = t.End; b.Len() > maxOutput {
			return "", ErrTooLarge
		}
	}
	if last == 0 {
		return text, nil
	}
	b.WriteString(text[last:])
	if a.work += b.Len(); b.Len() > maxOutput {
		return "", ErrTooLarge
	}
	return b.String(), nil
}

func (a *adapter) replace(ctx context.Context, t *tag.Tag, v *view, depth int) (string, error) {
	if err := a.attributes(ctx, t, v, depth); err != nil {
		return "", err
	}
	switch strings.ToLower(t.Name) {
	case "itemvalue":
		return a.itemValue(ctx, t, v)
	case "propertyvalue":
		return a.property(ctx, t, v, depth)
	case "filedata":
		return a.fileData(ctx, t, v, depth)
	}
	return a.forEach(ctx, t, v, depth)
}

// attributes replaces the tags in attributes.
func (a *adapter) attributes(ctx context.Context, t *tag.Tag, v *view, depth int) error {
	for i := range t.Attributes {
		value := &t.Attributes[i].Value
		if strings.IndexByte(*value, '<') < 0 {
			continue
		}
		adapted, err := a.adapt(ctx, *value, v, depth+1)
		if err != nil {
			return err
		}
		*value = adapted
	}
	return nil
}

func (a *adapter) property(ctx context.Context, t *tag.Tag, v *view, depth int) (string, error) {
	key, err := a.adapt(ctx, t.Content, v, depth+1)
	if err != nil || a.scope.Property == nil {
		return "", err
	}
	value, _ := a.scope.Property(key)
	return value, nil
}

// referred returns the items that a tag is about: those of the view, or of the
// workitem whose id is in the item named by ref. Nil if there is no such
// workitem.
func (a *adapter) referred(ctx context.Context, t *tag.Tag, v *view) (workitem.Items, error) {
	ref, _ := t.Attribute("ref")
	if ref == "" {
		if v.items == nil {
			return workitem.Items{}, nil
		}
		return v.items, nil
	}
	for ; v != nil; v = v.outer {
		items, err := a.load(ctx, v.items.Text(ref))
		if items != nil || err != nil {
			return items, err
		}
	}
	return nil, nil
}

// load returns another workitem, nil if there is none.
func (a *adapter) load(ctx context.Context, id string) (workitem.Items, error) {
	if id == "" || a.scope.Workitem == nil {
		return nil, nil
	}
	if items, ok := a.loaded[id]; ok {
		return items, nil
	}
	if len(a.loaded) == maxLoads {
		return nil, ErrTooLarge
	}
	items, err := a.scope.Workitem(ctx, id)
	if err != nil {
		return nil, err
	}
	if a.loaded == nil {
		a.loaded = map[string]workitem.Items{}
	}
	a.loaded[id] = items
	return items, nil
}

// findLocale returns the locale of a tag's attribute, which may be "".
func (a *adapter) findLocale(attribute string) *javaformat.Locale {
	if attribute != "" {
		return javaformat.FindLocale(withRegion(attribute))
	}
	if a.locale == nil {
		a.locale = FindLocale(a.scope.Locale)
	}
	return a.locale
}

// withRegion returns the locale of a tag's attribute: a language alone is that
// of the region of the same name, "de" is "de_DE".
func withRegion(locale string) string {
	if strings.ContainsAny(locale, "_-") {
		return locale
	}
	return locale + "_" + locale
}

// FindLocale returns the locale of a [Scope].
func FindLocale(locale string) *javaformat.Locale {
	if locale == "" {
		locale = "en-US"
	}
	return javaformat.FindLocale(locale)
}

func (a *adapter) zone() *time.Location {
	if a.scope.Zone != nil {
		return a.scope.Zone
	}
	return time.UTC
}
