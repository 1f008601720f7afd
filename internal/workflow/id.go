package workflow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postlude/postlude/internal/workitem"
)

// maxID is how long a $uniqueid may be, in bytes, as in Imixs' table.
const maxID = 255

// idOf returns the $uniqueid of a workitem, "" if it has none: the text of the first
// value, as everywhere. It becomes a key, a part of addresses and of subjects. Imixs
// takes UUIDs only; here it is any text that people can tell from any other. The
// error is an [*Error] with InvalidID.
func idOf(items workitem.Items) (string, error) {
	id := items.Text(workitem.UniqueID)
	if id == "" {
		return "", nil
	}
	switch items.Values(workitem.UniqueID)[0].(type) {
	case string, int64, bool:
	default:
		return "", fault(InvalidID, "$uniqueid is no text")
	}
	switch {
	case len(id) > maxID:
		return "", fault(InvalidID, "$uniqueid has %d bytes, %d are allowed", len(id), maxID)
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return "", fault(InvalidID, "$uniqueid has a control character or is not UTF-8")
	case strings.TrimSpace(id) != id:
		return "", fault(InvalidID, "$uniqueid begins or ends with a blank")
	}
	return id, nil
}
