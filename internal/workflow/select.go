package workflow

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// ModelSource gives the kernel its models.
type ModelSource interface {
	// Model returns the model that [Select] chooses for a version and a group,
	// of which either may be empty.
	Model(ctx context.Context, version, group string) (*Model, error)
}

// Deployed is what [Select] has to know about a model.
type Deployed struct {
	Version string
	Groups  []string
}

// Select returns the version of the model for a workitem: the version it
// names; else the highest one that its version, read as a regular expression,
// is found in; else the highest one that has its workflow group.
//
// The error is an [*Error] with UndefinedModelVersion or, for a group that no
// model has, InvalidID.
func Select(version, group string, deployed []Deployed) (string, error) {
	if version != "" {
		if v, ok := byVersion(version, deployed); ok {
			return v, nil
		}
	}
	var versions []string
	for _, d := range deployed {
		if group != "" && slices.Contains(d.Groups, group) {
			versions = append(versions, d.Version)
		}
	}
	switch {
	case len(versions) > 0:
		return highest(versions), nil
	case version != "":
		return "", fault(UndefinedModelVersion, "no model has the version %q", version)
	case group != "":
		return "", fault(InvalidID, "no model has the workflow group %q", group)
	}
	return "", fault(UndefinedModelVersion, "the workitem has neither $modelversion nor $workflowgroup")
}

func byVersion(version string, deployed []Deployed) (string, bool) {
	if slices.ContainsFunc(deployed, func(d Deployed) bool { return d.Version == version }) {
		return version, true
	}
	if len(version) > maxPattern {
		return "", false
	}
	pattern, err := regexp.Compile(version)
	if err != nil {
		return "", false
	}
	var found []string
	for _, d := range deployed {
		if pattern.MatchString(d.Version) {
			found = append(found, d.Version)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return slices.Max(found), true
}

// maxPattern is how long a version may be, in bytes, to be read as an
// expression: a client sends it, and compiling takes memory.
const maxPattern = 200

func highest(versions []string) string {
	return slices.MaxFunc(versions, func(a, b string) int {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
}

// Models are models in memory. They implement [ModelSource].
type Models []*Model

// Model implements [ModelSource].
func (m Models) Model(_ context.Context, version, group string) (*Model, error) {
	deployed := make([]Deployed, len(m))
	for i, model := range m {
		if model.Version == version {
			return model, nil
		}
		deployed[i] = Deployed{Version: model.Version, Groups: model.Groups()}
	}
	selected, err := Select(version, group, deployed)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m, func(model *Model) bool { return model.Version == selected })
	return m[i], nil
}
