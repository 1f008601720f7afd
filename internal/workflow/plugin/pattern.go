package plugin

import (
	"regexp"

	"github.com/postlude/postlude/internal/workflow"
)

// pattern is the key of a compiled regular expression.
type pattern string

// compile returns a regular expression of the model. Go's are not Java's: they
// have no look-around and no back-references, and take no endless time.
func compile(step *workflow.Step, expression string) (*regexp.Regexp, error) {
	type compiled struct {
		re  *regexp.Regexp
		err error
	}
	c, _ := step.Keep(pattern(expression), func() any {
		re, err := regexp.Compile(expression)
		return compiled{re, err}
	}).(compiled)
	if c.err != nil {
		return nil, &workflow.Error{Code: workflow.InvalidTagFormat, Message: "regular expression", Err: c.err}
	}
	return c.re, nil
}
