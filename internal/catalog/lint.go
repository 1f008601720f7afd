package catalog

import (
	"bytes"
	"errors"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
)

// Options say what a model may count on. See [Standard].
type Options struct {
	// Known are the plugins and adapters that there are.
	Known workflow.Known
}

// Standard are the options for what Postlude has of its own.
func Standard() Options {
	return Options{Known: workflow.KnownIn(plugin.Known(), map[string]workflow.Adapter{})}
}

// IgnoringUnknown deploys models that name plugins and adapters which nobody has
// heard of.
func (o Options) IgnoringUnknown() Options {
	o.Known.IgnoreUnknown = true
	return o
}

// Lint says what is wrong with a BPMN source, in the order of the file, and what
// version it names. A source that is no model has one problem, an error, and no
// version.
func Lint(file string, source []byte, o Options) (version string, problems []bpmn.Problem) {
	parsed, err := bpmn.Parse(file, bytes.NewReader(source))
	var unread *bpmn.ParseError
	switch {
	case errors.As(err, &unread):
		return "", []bpmn.Problem{unread.Problem()}
	case err != nil:
		return "", []bpmn.Problem{{Severity: bpmn.Error, File: file, Message: err.Error()}}
	}
	return parsed.Version, workflow.Prepare(parsed).Check(o.Known)
}

// HasErrors says whether the problems refuse a deployment.
func HasErrors(problems []bpmn.Problem) bool {
	for _, p := range problems {
		if p.Severity == bpmn.Error {
			return true
		}
	}
	return false
}
