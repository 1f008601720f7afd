package workflow

import "strings"

// ours is how the class names of Imixs and its sister projects begin.
const ours = "org.imixs."

// missingPlugin says what will not happen without a plugin of Imixs; "" if it is
// none of theirs.
func missingPlugin(name string) string {
	if !strings.HasPrefix(name, ours) {
		return ""
	}
	for _, m := range missingPlugins() {
		if part := strings.HasPrefix(name, m.begin) && strings.HasSuffix(name, "."+m.class); part {
			return m.effect
		}
	}
	return "what it does will not happen"
}

// missing is a class that Postlude does not have.
type missing struct{ begin, class, effect string }

func missingPlugins() []missing {
	const workflow, marty, office = ours + "workflow.", ours + "marty.", ours
	return []missing{
		{workflow, "AnalysisPlugin", "measure points will not be recorded"},
		{workflow, "ApproverPlugin", "the lists of approvers will not be kept"},
		{workflow, "DocumentLogPlugin", "changes of documents will not be logged"},
		{workflow, "IntervalPlugin", "dates of intervals will not be computed"},
		{workflow, "LogPlugin", "nothing will be written to the log; $eventlog is"},
		{workflow, "LucenePlugin", "workitems will not be put into an index"},
		{workflow, "MailPlugin", "no mail will be sent"},
		{workflow, "ReportPlugin", "no report will be made"},
		{workflow, "RestServicePlugin", "no REST service will be called"},
		{workflow, "SequenceNumberPlugin", "workitems will get no sequence number"},
		{workflow, "StaticRulePlugin", "static rules will not be applied"},
		{workflow, "VersionPlugin", "no version of the workitem will be made"},
		{workflow, "WebServicePlugin", "no web service will be called"},
		{marty, "ApplicationPlugin", "the items of the application will not be set"},
		{marty, "ApproverPlugin", "the lists of approvers will not be kept"},
		{marty, "MailPlugin", "no mail will be sent"},
		{office, "CommentPlugin", "comments will not be moved to the list of comments"},
		{office, "DMSPlugin", "the list of attached documents will not be kept"},
		{office, "DeputyPlugin", "deputies will not be added to the lists of names"},
		{office, "ProfilePlugin", "profiles of users will not be kept"},
		{office, "RAGIndexPlugin", "workitems will not be put into an index for language models"},
		{office, "SequenceNumberPlugin", "workitems will get no sequence number"},
		{office, "SnapshotPlugin", "no snapshot of the workitem will be made"},
		{office, "TeamPlugin", "members of spaces and processes will not be added to the workitem"},
		{office, "WorkitemLinkPlugin", "links between workitems will not be kept"},
	}
}

// missingAdapter says what an adapter of Imixs would do; "" if it is none of
// theirs.
func missingAdapter(name string) string {
	if !strings.HasPrefix(name, ours) {
		return ""
	}
	for _, m := range []missing{
		{ours + "ai.", "", "asks a language model"},
		{ours + "archive.", "OCRDocumentAdapter", "reads the text of scanned documents"},
		{ours + "archive.", "", "works on the archive"},
		{ours + "workflow.", "EventAdapter", "hands the workitem to other code"},
	} {
		if strings.HasPrefix(name, m.begin) && strings.HasSuffix(name, m.class) {
			return m.effect
		}
	}
	return "belongs to another product of Imixs"
}
