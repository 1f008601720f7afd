package rest

import (
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/workitem"
)

// deployment is a deployed model in our own form.
type deployment struct {
	Version  string    `json:"version"`
	Revision int64     `json:"revision"`
	Deployed time.Time `json:"deployed"`
}

func shownDeployment(d catalog.Deployment) deployment {
	return deployment{Version: d.Version, Revision: d.Revision, Deployed: d.Deployed.UTC()}
}

// deploymentItems is a deployed model as a document.
func deploymentItems(d catalog.Deployment) workitem.Items {
	items := workitem.Items{}
	items.Set("version", d.Version)
	items.Set("revision", d.Revision)
	items.Set("deployed", d.Deployed.UTC().Truncate(time.Millisecond))
	return items
}

// deployModel stores a model under the version that it names.
func (a *api) deployModel(c *call) (answer, error) {
	source, err := c.readModel()
	if err != nil {
		return nil, err
	}
	file := c.PathValue("file")
	if file == "" {
		file = "model.bpmn"
	}
	options := catalog.Standard()
	if ignore, err := c.flag("ignoreUnknownPlugins"); err != nil {
		return nil, err
	} else if ignore {
		options = options.IgnoringUnknown()
	}
	deployed, err := a.catalog.Deploy(c.Context(), file, source, options)
	if err != nil {
		return nil, err
	}
	items := deploymentItems(deployed)
	items.Set("changed", deployed.Changed)
	warnings := make([]any, len(deployed.Warnings))
	for i := range deployed.Warnings {
		warnings[i] = deployed.Warnings[i].String()
	}
	items.Set("warnings", warnings...)
	return &documents{native: struct {
		deployment
		Changed  bool           `json:"changed"`
		Warnings []bpmn.Problem `json:"warnings"`
	}{shownDeployment(deployed), deployed.Changed, append([]bpmn.Problem{}, deployed.Warnings...)}, list: []workitem.Items{items}}, nil
}

// Models of a page.
const modelsOfPage = 100

// listModels answers with what is deployed, by version.
func (a *api) listModels(c *call) (answer, error) {
	limit, offset, err := pageOf(c.query, modelsOfPage)
	if err != nil {
		return nil, err
	}
	deployed, err := a.catalog.List(c.Context(), limit, offset)
	if err != nil {
		return nil, err
	}
	native, list := make([]deployment, len(deployed)), make([]workitem.Items, len(deployed))
	for i, d := range deployed {
		native[i], list[i] = shownDeployment(d), deploymentItems(d)
	}
	return &documents{native: struct {
		Models []deployment `json:"models"`
	}{native}, list: list}, nil
}

// modelSource answers with the BPMN file of a version, byte by byte as it was
// deployed.
func (a *api) modelSource(c *call) (answer, error) {
	version, err := c.text("version")
	if err != nil {
		return nil, err
	}
	source, err := a.catalog.Source(c.Context(), version)
	if err != nil {
		return nil, err
	}
	return file{string(formXML), source}, nil
}

// deleteModel deletes a version.
func (a *api) deleteModel(c *call) (answer, error) {
	version, err := c.text("version")
	if err != nil {
		return nil, err
	}
	force, err := c.flag("force")
	if err != nil {
		return nil, err
	}
	return noContent{}, a.catalog.Delete(c.Context(), version, force)
}
