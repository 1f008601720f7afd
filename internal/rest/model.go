package rest

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
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
	options := catalog.Standard()
	if ignore, err := strconv.ParseBool(cmp.Or(r.URL.Query().Get("ignoreUnknownPlugins"), "false")); err != nil {
		return badRequest("ignoreUnknownPlugins is true or false")
	} else if ignore {
		options = options.IgnoringUnknown()
	}
	deployed, err := a.catalog.Deploy(r.Context(), file, source, options)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		deployment
		Changed  bool           `json:"changed"`
		Warnings []bpmn.Problem `json:"warnings"`
	}{shownDeployment(deployed), deployed.Changed, append([]bpmn.Problem{}, deployed.Warnings...)})
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
