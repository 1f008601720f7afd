package bpmn

import "strings"

// Items are the properties of a task, an event or a model as its author
// entered them: lower-case names, each with a list of texts.
//
// Names that Imixs has renamed are present under both names.
type Items map[string][]string

// Text returns the first value, "" if there is none.
func (it Items) Text(name string) string {
	if values := it[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// elementItems returns the items of a task or event, under both of their names:
// its name and documentation, unless it has items of these names.
func elementItems(n *node, names [][2]string) Items {
	items := Items{"name": {n.attr("name")}}
	if text := n.childText("documentation"); text != "" {
		items["documentation"] = []string{text}
	}
	items.read(n, elementValue)
	items.pair(names)
	return items
}

// read takes over the imixs:item elements below extensionElements.
func (it Items) read(n *node, value func(*node) string) {
	ext := n.child("extensionElements")
	if ext == nil {
		return
	}
	for _, item := range ext.children {
		name := itemName(item)
		if name == "" {
			continue
		}
		values := []string{}
		for _, v := range item.children {
			if v.imixs && v.name == "value" {
				values = append(values, value(v))
			}
		}
		it[name] = values
	}
}

// itemName returns the name of an imixs:item element, "" for another element.
func itemName(n *node) string {
	if !n.imixs || n.name != "item" {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(n.attr("name")))
}

// itemLine returns the line of an item, 0 if there is none.
func itemLine(n *node, name string) int {
	line := 0
	if ext := n.child("extensionElements"); ext != nil {
		for _, item := range ext.children {
			if itemName(item) == name {
				line = item.line // the last one counts
			}
		}
	}
	return line
}

// elementValue is the text of a value of a task or event: of several CDATA
// sections the first, as Imixs has it.
func elementValue(n *node) string {
	if len(n.cdata) > 0 {
		return n.cdata[0]
	}
	return string(n.text)
}

// definitionValue is the text of a value of the model itself.
func definitionValue(n *node) string {
	if len(n.cdata) > 0 {
		return strings.Join(n.cdata, "")
	}
	return string(n.text)
}

// pair fills in both names of every pair {new, old}. The new name leads where
// it has a value.
func (it Items) pair(pairs [][2]string) {
	for _, p := range pairs {
		current, old := p[0], p[1]
		if it.empty(current) && len(it[old]) > 0 {
			it[current] = it[old]
		}
		if len(it[current]) > 0 {
			it[old] = it[current]
		}
	}
}

func (it Items) empty(name string) bool {
	values := it[name]
	return len(values) == 0 || (len(values) == 1 && values[0] == "")
}

func commonNames() [][2]string {
	return [][2]string{
		{"name", "txtname"},
		{"documentation", "rtfdescription"},
		{"acl.owner_list", "namownershipnames"},
		{"acl.owner_list_mapping", "keyownershipfields"},
		{"acl.readaccess_list", "namaddreadaccess"},
		{"acl.readaccess_list_mapping", "keyaddreadfields"},
		{"acl.writeaccess_list", "namaddwriteaccess"},
		{"acl.writeaccess_list_mapping", "keyaddwritefields"},
		{"acl.update", "keyupdateacl"},
	}
}

func taskNames() [][2]string {
	return append(commonNames(), [][2]string{
		{"workflow.summary", "txtworkflowsummary"},
		{"workflow.abstract", "txtworkflowabstract"},
		{"application.editor", "txteditorid"},
		{"application.icon", "txtimageurl"},
		{"application.type", "txttype"},
	}...)
}

func eventNames() [][2]string {
	return append(commonNames(), [][2]string{
		{"workflow.result", "txtactivityresult"},
		{"workflow.public", "keypublicresult"},
		{"workflow.public_actors", "keyrestrictedvisibility"},
		{"history.message", "rtfresultlog"},
		{"mail.subject", "txtmailsubject"},
		{"mail.body", "rtfmailbody"},
		{"mail.to_list", "nammailreceiver"},
		{"mail.to_list_mapping", "keymailreceiverfields"},
		{"mail.cc_list", "nammailreceivercc"},
		{"mail.cc_list_mapping", "keymailreceiverfieldscc"},
		{"mail.bcc_list", "nammailreceiverbcc"},
		{"mail.bcc_list_mapping", "keymailreceiverfieldsbcc"},
		{"rule.engine", "txtbusinessruleengine"},
		{"rule.definition", "txtbusinessrule"},
		{"report.name", "txtreportname"},
		{"report.path", "txtreportfilepath"},
		{"report.options", "txtreportparams"},
		{"report.target", "txtreporttarget"},
		{"version.mode", "keyversion"},
		{"version.event", "numversionactivityid"},
		{"timer.active", "keyscheduledactivity"},
		{"timer.selection", "txtscheduledview"},
		{"timer.delay", "numactivitydelay"},
		{"timer.delay_unit", "keyactivitydelayunit"},
		{"timer.delay_base", "keyscheduledbaseobject"},
		{"timer.delay_base_property", "keytimecomparefield"},
	}...)
}
