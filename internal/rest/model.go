package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
)

// deployment is a deployed model as clients see it.
type deployment struct {
	Version  string    `json:"version"`
	Revision int64     `json:"revision"`
	Deployed time.Time `json:"deployed"`
}

// modelProblem is a fault of a model as clients see it.
type modelProblem struct {
	Severity string `json:"severity"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Element  string `json:"element,omitempty"`
	Message  string `json:"message"`
}

func modelProblems(problems []bpmn.Problem) []modelProblem {
	shown := make([]modelProblem, len(problems))
	for i, p := range problems {
		shown[i] = modelProblem{Severity: p.Severity.String(), File: p.File, Line: p.Line, Element: p.Element, Message: p.Message}
	}
	return shown
}

func shownDeployment(d catalog.Deployment) deployment {
	return deployment{Version: d.Version, Revision: d.Revision, Deployed: d.Deployed.UTC()}
}

// deployModel stores a model under the version that it names.
func (a *api) deployModel(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	source, err := readModel(w, r)
	if err != nil {
		return err
	}
	file := r.PathValue("file")
	if file == "" {
		file = "model.bpmn"
	}
	deployed, err := a.catalog.Deploy(r.Context(), file, source)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		deployment
		Changed  bool           `json:"changed"`
		Warnings []modelProblem `json:"warnings"`
	}{shownDeployment(deployed), deployed.Changed, modelProblems(deployed.Warnings)})
}

// listModels answers with what is deployed, by version.
func (a *api) listModels(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	deployed, err := a.catalog.List(r.Context())
	if err != nil {
		return err
	}
	shown := make([]deployment, len(deployed))
	for i, d := range deployed {
		shown[i] = shownDeployment(d)
	}
	return writeJSON(w, struct {
		Models []deployment `json:"models"`
	}{shown})
}

// modelSource answers with the BPMN file of a version, byte by byte as it was
// deployed.
func (a *api) modelSource(w http.ResponseWriter, r *http.Request) error {
	version := r.PathValue("version")
	if err := checkText("the version", version); err != nil {
		return err
	}
	source, err := a.catalog.Source(r.Context(), version)
	if errors.Is(err, catalog.ErrNotDeployed) {
		return notFound("there is no model of this version")
	}
	if err != nil {
		return err
	}
	write(w, http.StatusOK, "application/xml", source)
	return nil
}
