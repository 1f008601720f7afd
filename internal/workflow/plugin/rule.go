package plugin

import (
	"context"
	"strings"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Rule is org.imixs.workflow.engine.plugins.RulePlugin: it runs the business
// rule of the event, which may change workitem and event, refuse the workitem,
// and leave items in its result.
type Rule struct{}

// Run implements [workflow.Plugin].
func (Rule) Run(_ context.Context, step *workflow.Step) error {
	source := step.Event.Text("txtbusinessrule")
	if strings.TrimSpace(source) == "" {
		return nil
	}
	if language := step.Event.Text("txtbusinessruleengine"); !workflow.IsJavaScript(language) {
		return refuse(workflow.InvalidScript, "business rule: there is no script language %q, only js", language)
	}
	event := step.Event.Clone() // a script may write into its lists
	result, ok, err := step.Rule(source, step.Items, event)
	if err != nil {
		return err
	}
	step.Event = event
	if !ok {
		return nil
	}
	if err := validate(result); err != nil {
		return err
	}
	for name, values := range result {
		if !strings.HasPrefix(name, "$") && name != "isvalid" && name != "followup" {
			step.Items[name] = values
		}
	}
	return nil
}

// validate returns the error of a result that refuses the workitem: it has an
// isValid that is not true.
func validate(result workitem.Items) error {
	if !result.Has("isvalid") || result.Bool("isvalid") {
		return nil
	}
	e := &workflow.Error{Code: workflow.ValidationError, Message: "the business rule refuses the workitem"}
	if code := result.Text("errorcode"); code != "" {
		e.Code = workflow.Code(code)
	}
	for _, v := range result.Values("errormessage") {
		e.Params = append(e.Params, workitem.FormatValue(v))
	}
	return e
}
