package rest

import (
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/asyncevent"
)

// processWorkitems processes the documents of a collection, all or none.
func (a *api) processWorkitems(c *call) (answer, error) {
	given, err := c.readDocuments()
	if err != nil {
		return nil, err
	}
	if len(given) == 0 || len(given) > asyncevent.MaxDocuments {
		return nil, badRequest(fmt.Sprintf("the body has %d documents, 1 to %d are wanted", len(given), asyncevent.MaxDocuments))
	}
	for _, items := range given {
		if err := address(items, ""); err != nil {
			return nil, refusedFor(items, err)
		}
		disown(items)
	}
	processed, err := a.processor.ProcessAllBy(c.Context(), given, c.by())
	var fault *asyncevent.DocumentError
	if errors.As(err, &fault) {
		return nil, refusedFor(given[fault.Index-1], err)
	}
	if err != nil {
		return nil, err
	}
	return c.workitems(processed), nil
}
