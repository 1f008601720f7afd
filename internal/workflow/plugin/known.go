package plugin

import "github.com/postlude/postlude/internal/workflow"

// Known returns the plugins that a model may name, by class name: the names of
// today, and those of earlier versions of Imixs, which old models still carry.
func Known() map[string]workflow.Plugin {
	plugins := map[string]workflow.Plugin{}
	for name, p := range map[string]workflow.Plugin{
		"AccessPlugin":       NoAccess{},
		"ApplicationPlugin":  Application{},
		"EventLogPlugin":     EventLog{},
		"HistoryPlugin":      History{},
		"OwnerPlugin":        Owner{},
		"ResultPlugin":       Result{},
		"RulePlugin":         Rule{},
		"SplitAndJoinPlugin": SplitAndJoin{},
	} {
		for _, pkg := range []string{"org.imixs.workflow.engine.plugins.", "org.imixs.workflow.plugins.", "org.imixs.workflow.plugins.jee."} {
			plugins[pkg+name] = p
		}
	}
	return plugins
}

// Always returns the plugins that run for every event, whatever the model names.
func Always() []workflow.Plugin { return []workflow.Plugin{Access{}} }
