package text

import (
	"context"
	"maps"
	"strings"

	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workitem"
)

// forEach repeats its content for each value of an item. How the values are
// seen in it depends on the tag.
func (a *adapter) forEach(ctx context.Context, t *tag.Tag, v *view, depth int) (string, error) {
	name := strings.ToLower(t.Name)
	if name == "for-each" && t.Content == "" {
		return t.Outer, nil // as ever
	}
	item, ok := t.Attribute("item")
	if !ok {
		return "", &Error{Tag: t.Name, Offset: t.Start, Reason: "it needs the attribute item"}
	}
	turn := a.turns(name, item, v)
	var b strings.Builder
	for _, value := range v.items.Values(item) {
		inner, err := turn(ctx, value)
		if err != nil {
			return "", err
		}
		if a.work += turnWork; inner == nil {
			continue
		}
		text, err := a.adapt(ctx, t.Content, &view{items: inner, outer: v}, depth+1)
		if err != nil {
			return "", err
		}
		if b.WriteString(text); b.Len() > maxOutput {
			return "", ErrTooLarge
		}
	}
	return b.String(), nil
}

// turn returns the items that are seen for a value, nil if there are none.
type turn func(ctx context.Context, value any) (workitem.Items, error)

func (a *adapter) turns(name, item string, v *view) turn {
	switch name {
	case "for-each-child":
		return child
	case "for-each-ref":
		return func(ctx context.Context, value any) (workitem.Items, error) {
			id, _ := value.(string)
			return a.load(ctx, id)
		}
	case "for-each-value":
		return a.single(item, v)
	}
	alone := a.single(item, v)
	return func(ctx context.Context, value any) (workitem.Items, error) {
		if _, ok := value.(workitem.Map); ok {
			return child(ctx, value)
		}
		return alone(ctx, value)
	}
}

// single shows the items with one value of the item only. The turns share one
// copy: they follow each other.
func (a *adapter) single(item string, v *view) turn {
	var items workitem.Items
	return func(_ context.Context, value any) (workitem.Items, error) {
		if items == nil {
			a.work += valueWork * len(v.items)
			items = maps.Clone(v.items)
		}
		items.Set(item, value)
		return items, nil
	}
}

// child shows the members of a map as items.
func child(_ context.Context, value any) (workitem.Items, error) {
	m, ok := value.(workitem.Map)
	if !ok {
		return nil, nil
	}
	items := make(workitem.Items, len(m))
	for name, member := range m {
		if list, ok := member.(workitem.List); ok {
			items.Set(name, list...)
			continue
		}
		items.Set(name, member)
	}
	return items, nil
}
