package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/swaggest/swgui/v5/static"
)

// policy is the Content-Security-Policy of the page: scripts, styles and requests
// of this server only, and images that its style sheet holds.
//
// Style attributes are allowed, since Swagger UI writes some; a style can neither
// run nor load anything here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page
var own embed.FS

// pageFiles are the names of the page's files; "" is the page itself.
func pageFiles() []string {
	return []string{"", "start.js", "swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}
}

// page answers with a file of the page. It is read when somebody first asks for
// it.
func page(name string) http.Handler {
	read := sync.OnceValues(func() (http.Handler, error) {
		a, err := readAsset(name)
		return a.handler(), err
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, err := read()
		if err != nil {
			panic(err) // the files are part of the program
		}
		w.Header().Set("Content-Security-Policy", policy)
		handler.ServeHTTP(w, r)
	})
}

// asset is a file to be served.
type asset struct {
	contentType string
	body        []byte
	// zipped is the body as gzip has it, nil if there is no such thing.
	zipped []byte
}

// readAsset finds a file of the page among our own, then among Swagger UI's, which
// are compressed but for the images.
func readAsset(name string) (a asset, err error) {
	if name == "" {
		name = "index.html"
	}
	a.contentType = map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".css": "text/css; charset=utf-8", ".png": "image/png",
	}[path.Ext(name)]
	if a.body, err = own.ReadFile("page/" + name); err == nil {
		return a, nil
	}
	if a.body, err = static.FS.ReadFile(name); err == nil {
		return a, nil
	}
	if a.zipped, err = fs.ReadFile(static.FS, name+".gz"); err == nil {
		a.body, err = unzip(a.zipped)
	}
	if err != nil {
		return a, fmt.Errorf("read the page's %s: %w", name, err)
	}
	return a, nil
}

func unzip(zipped []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// handler serves the file. Browsers keep it, and ask each time whether it is still
// the same: after an upgrade it is not.
func (a asset) handler() http.Handler {
	sum := sha256.Sum256(a.body)
	tag := hex.EncodeToString(sum[:8])
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, body, tag := w.Header(), a.body, tag
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "no-cache")
		if a.zipped != nil {
			h.Add("Vary", "Accept-Encoding")
			if acceptsGzip(r) {
				h.Set("Content-Encoding", "gzip")
				body, tag = a.zipped, tag+"-gzip"
			}
		}
		h.Set("ETag", `"`+tag+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

// acceptsGzip says whether a client names gzip among what it decodes. Who names it
// with a quality is taken for one that does not: no browser does that.
func acceptsGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(coding string) bool {
		return strings.EqualFold(strings.TrimSpace(coding), "gzip")
	})
}
