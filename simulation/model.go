package simulation

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
)

func readModels(files fs.FS, names []string) (workflow.Models, error) {
	models := make(workflow.Models, 0, len(names))
	for _, name := range names {
		m, err := readModel(files, name)
		if err != nil {
			return nil, fmt.Errorf("read model: %w", err)
		}
		models = append(models, m)
	}
	return models, nil
}

func readModel(files fs.FS, name string) (*workflow.Model, error) {
	var source io.ReadCloser
	var err error
	if files == nil {
		source, err = os.Open(name) //nolint:gosec // the user names the file
	} else {
		source, err = files.Open(name)
	}
	if err != nil {
		return nil, err
	}
	defer source.Close()
	m, err := bpmn.Parse(name, source)
	if err != nil {
		return nil, err
	}
	return workflow.Prepare(m), nil
}
