package plugin

import (
	"context"
	"strings"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workitem"
)

// splits are the definitions of an event for SplitAndJoin, by what they do.
type splits struct {
	create, update, updateOrigin, synchronize []workitem.Items

	none bool
	err  error
}

// splitText is the key of what a text defines.
type splitText string

// maxKeptText is the longest text whose parts are kept, in bytes.
const maxKeptText = 32 << 10

// readSplits returns what a text defines. It is parsed once per model: texts in
// a definition are not replaced, so it never changes.
func readSplits(ctx context.Context, step *workflow.Step, source string) (*splits, error) {
	if source == "" {
		return &splits{none: true}, nil
	}
	parse := func() any { return parseSplits(ctx, source) }
	var s *splits
	if len(source) > maxKeptText {
		s, _ = parse().(*splits)
	} else {
		s, _ = step.Keep(splitText(source), parse).(*splits)
	}
	return s, s.err
}

func parseSplits(ctx context.Context, source string) *splits {
	s := &splits{}
	s.create = s.parse(ctx, source, "subprocess_create")
	s.update = s.parse(ctx, source, "subprocess_update")
	s.updateOrigin = s.parse(ctx, source, "origin_update")
	s.synchronize = s.parse(ctx, source, "subprocess_sync")
	s.none = s.err == nil && len(s.create)+len(s.update)+len(s.updateOrigin)+len(s.synchronize) == 0
	return s
}

// parse returns the definitions of a name. Models of old have them in <item>;
// where there is one of those, <split> does not count, as in Imixs.
func (s *splits) parse(ctx context.Context, source, name string) []workitem.Items {
	for _, tagName := range []string{"item", "split"} {
		if s.err != nil {
			return nil
		}
		var definitions []workitem.Items
		if definitions, s.err = parseDefinitions(ctx, source, tagName, name); len(definitions) > 0 {
			return definitions
		}
	}
	return nil
}

func parseDefinitions(ctx context.Context, source, tagName, name string) ([]workitem.Items, error) {
	tags, err := result.Tags(ctx, source, tagName, nil)
	if err != nil {
		return nil, invalid("<"+tagName+">", err)
	}
	var definitions []workitem.Items
	for i := range tags {
		given, _ := tags[i].Attribute("name")
		if !strings.EqualFold(strings.TrimSpace(given), name) || tags[i].Content == "" {
			continue
		}
		d, err := children("<"+tagName+" name=\""+name+"\">", tags[i].Content)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, d)
	}
	return definitions, nil
}
