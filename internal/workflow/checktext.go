package workflow

import (
	"slices"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/tag"
)

// adapted is an item whose text is replaced by some plugins.
type adapted struct {
	item    string
	plugins []string
}

func eventTexts() []adapted {
	return []adapted{
		{"workflow.result", []string{"ResultPlugin", "SplitAndJoinPlugin", "EventLogPlugin"}},
		{"history.message", []string{"HistoryPlugin"}},
	}
}

func taskTexts() []adapted {
	return []adapted{
		{"workflow.summary", []string{"ApplicationPlugin"}},
		{"workflow.abstract", []string{"ApplicationPlugin"}},
	}
}

// texts looks at the tags that are replaced in the texts of an element. One that
// is not closed fails every processing that comes to it.
func (c *checker) texts(items bpmn.Items, line int, element string, texts []adapted) {
	for _, t := range texts {
		if !slices.ContainsFunc(t.plugins, c.names) {
			continue
		}
		s := tag.Scan(items.Text(t.item), "itemvalue", "propertyvalue", "filedata", "for-each-value", "for-each-child", "for-each-ref", "for-each")
		for more := true; more; {
			var err error
			if _, more, err = s.Next(); err != nil {
				c.report(bpmn.TextMalformed, line, element, "text %s: %s", t.item, oneLine(err))
				break
			}
		}
	}
}
