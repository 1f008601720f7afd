package dryrun

import (
	"io/fs"
	"os"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
)

// ReadModels reads BPMN files and makes them ready. nil means the files of this
// machine. The error is a [*workflow.Error] with the code INVALID_MODEL; it says
// which file cannot be read, or is no model.
func ReadModels(files fs.FS, names []string) (workflow.Models, error) {
	models := make(workflow.Models, 0, len(names))
	for _, name := range names {
		m, err := readModel(files, name)
		if err != nil {
			return nil, &workflow.Error{Code: workflow.InvalidModel, Message: "read model", Err: err}
		}
		models = append(models, m)
	}
	return models, nil
}

func readModel(files fs.FS, name string) (*workflow.Model, error) {
	source, err := open(files, name)
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

func open(files fs.FS, name string) (fs.File, error) {
	if files == nil {
		return os.Open(name) //nolint:gosec // the user names the file
	}
	return files.Open(name)
}
