package rest

import (
	"mime"
	"net/http"

	"github.com/postlude/postlude/internal/workitem"
)

// itemFile holds the attachments of a workitem: one map, from the name of a file
// to its media type, its content, and more that does not matter here.
const itemFile = "$file"

// readAttachment answers with an attachment of a workitem.
func (a *api) readAttachment(c *call) (answer, error) {
	name, err := c.text("file")
	if err != nil {
		return nil, err
	}
	items, err := a.readable(c)
	if err != nil {
		return nil, err
	}
	for _, value := range items.Values(itemFile) {
		files, _ := value.(workitem.Map)
		if attached, ok := files[name].(workitem.List); ok && len(attached) > 1 {
			return newAttachment(name, attached)
		}
	}
	return nil, notFound("the workitem has no such attachment")
}

// attachment is a file to be kept, not to be shown: it is from whoever could
// process the workitem.
type attachment struct {
	file

	disposition string
}

func newAttachment(name string, attached workitem.List) (answer, error) {
	content, ok := attached[1].([]byte)
	if !ok {
		return nil, notFound("the attachment has no content")
	}
	media, _ := attached[0].(string)
	if _, _, err := mime.ParseMediaType(media); err != nil {
		media = "application/octet-stream"
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	return attachment{file{media, content}, disposition}, nil
}

func (f attachment) write(w http.ResponseWriter, form form) error {
	w.Header().Set("Content-Disposition", f.disposition)
	return f.file.write(w, form)
}
