package result

import (
	"context"
	"strings"

	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
)

// Tags returns the tags of a name in their order, with names, attributes and
// contents as the text spells them; several of one name are kept. The tags of
// package text are replaced before, unless the scope is nil.
//
// The error is one of [text.Adapt], or a [*tag.Error] for a tag that is not
// closed.
func Tags(ctx context.Context, source, tagName string, s *text.Scope) ([]tag.Tag, error) {
	tags, _, err := find(ctx, source, tagName, s)
	return tags, err
}

// find also reports whether the text has anything like the tag.
func find(ctx context.Context, source, tagName string, s *text.Scope) (tags []tag.Tag, ok bool, err error) {
	if source, err = resolve(ctx, source, s); err != nil {
		return nil, false, err
	}
	if tagName == "" || !strings.Contains(source, "<"+tagName) {
		return nil, false, nil
	}
	tags, err = tag.Find(source, tagName)
	return tags, true, err
}

func resolve(ctx context.Context, source string, s *text.Scope) (string, error) {
	if s == nil {
		return source, nil
	}
	return text.Adapt(ctx, source, s)
}
