package text

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workitem"
)

// maxPattern is the length of a pattern that is worth compiling.
const maxPattern = 1000

// fileData returns the texts of the attached files whose names match, in the
// order of their names. A tag that refers to a workitem that is not there stays
// in the text; a pattern with a fault matches nothing.
func (a *adapter) fileData(ctx context.Context, t *tag.Tag, v *view, depth int) (string, error) {
	items, err := a.referred(ctx, t, v)
	if err != nil {
		return "", err
	}
	if items == nil {
		return t.Outer, nil
	}
	content, err := a.adapt(ctx, t.Content, v, depth+1)
	if err != nil {
		return "", err
	}
	content = strings.TrimSpace(content)
	if len(content) > maxPattern {
		return "", nil
	}
	wanted, err := regexp.Compile(content)
	if err != nil {
		return "", nil //nolint:nilerr // a pattern with a fault matches nothing
	}
	separator, ok := t.Attribute("separator")
	if !ok {
		separator = "\n\n"
	}
	var texts []string
	for _, value := range items.Values("$file") {
		files, _ := value.(workitem.Map)
		a.work += valueWork * len(files)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if text := fileText(files[name]); text != "" && wanted.MatchString(name) {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, separator), nil
}

// fileText returns the text of a file, which is one of its attributes: a file
// is a list of content type, content and attributes.
func fileText(file any) string {
	parts, _ := file.(workitem.List)
	if len(parts) < 3 {
		return ""
	}
	attributes, _ := parts[2].(workitem.Map)
	switch text := attributes["text"].(type) {
	case string:
		return text
	case workitem.List:
		if len(text) > 0 {
			return workitem.FormatValue(text[0])
		}
	}
	return ""
}
