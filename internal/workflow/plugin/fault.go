package plugin

import (
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workitem"
)

// invalid gives an error of the packages text and result a code. What it is
// said to be about is the tag or the property of the model.
func invalid(what string, err error) error {
	var coded *workflow.Error
	if errors.As(err, &coded) || workflow.Outside(err) {
		return err
	}
	code := workflow.InvalidTagFormat
	var content *result.ContentError
	if errors.As(err, &content) {
		code = workflow.InvalidFormat
	}
	return &workflow.Error{Code: code, Message: what, Err: err}
}

// children reads the elements in a tag.
func children(what, content string) (workitem.Items, error) {
	items, err := result.Children(content)
	if err != nil {
		return nil, invalid(what, err)
	}
	return items, nil
}

func refuse(code workflow.Code, format string, args ...any) error {
	return &workflow.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
