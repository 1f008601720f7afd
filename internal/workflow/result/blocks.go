package result

import (
	"context"
	"fmt"

	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// BlockError says that the content of a tag is not XML.
type BlockError struct {
	Tag, Name string
	Err       error // a [*ContentError]
}

// Error implements error.
func (e *BlockError) Error() string { return fmt.Sprintf("<%s name=%q>: %v", e.Tag, e.Name, e.Err) }

// Unwrap returns what is wrong with the content.
func (e *BlockError) Unwrap() error { return e.Err }

// Blocks returns the child elements (see [Children]) of each tag whose
// attribute name is the given one, in their order; tags without content are
// left out. An empty name stands for any.
//
// The error is one of [Tags], or a [*BlockError].
func Blocks(ctx context.Context, source, tagName, name string, s *text.Scope) ([]workitem.Items, error) {
	source, err := resolve(ctx, source, s)
	if err != nil {
		return nil, err
	}
	tags, err := tag.Find(source, tagName)
	if err != nil {
		return nil, err
	}
	var blocks []workitem.Items
	for i := range tags {
		t := &tags[i]
		if given, _ := t.Attribute("name"); t.Content == "" || (name != "" && given != name) {
			continue
		}
		children, err := Children(t.Content)
		if err != nil {
			return nil, &BlockError{Tag: t.Name, Name: name, Err: err}
		}
		blocks = append(blocks, children)
	}
	return blocks, nil
}
