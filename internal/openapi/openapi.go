// Package openapi is the description of the REST API by OpenAPI 3.1, and the page
// that shows it.
//
// The document, openapi.yaml, is written by hand and by nobody else. The tests of
// package rest send what it says to a running server and hold every answer
// against it, so it cannot say more or less than the API does.
//
// The page is Swagger UI, from a module that embeds its files, and a few lines of
// our own that start it. It runs under a Content-Security-Policy of its own,
// loads nothing from other hosts, and sends requests only where the browser's
// user tells it to.
package openapi

import (
	"bytes"
	_ "embed"
	"net/http"
	"slices"
	"strings"
)

//go:embed openapi.yaml
var document []byte

// Document returns the description, a text in YAML.
func Document() []byte { return bytes.Clone(document) }

// Addresses of the document and of the page.
const (
	documentPath = "/openapi.yaml"
	pagePath     = "/api/docs/"
)

// mediaYAML is that of RFC 9512.
const mediaYAML = "application/yaml"

// Mount adds the document and the page to a mux.
func Mount(mux *http.ServeMux) {
	mux.Handle("GET "+documentPath, asset{contentType: mediaYAML, body: document}.handler())
	for _, name := range pageFiles() {
		path := pagePath + name
		if name == "" {
			path += "{$}" // and nothing below
		}
		mux.Handle("GET "+path, page(name))
	}
	mux.Handle("GET "+strings.TrimSuffix(pagePath, "/"), http.RedirectHandler(pagePath, http.StatusMovedPermanently))
}

// IsPublic says whether a path is one of the document or the page. They hold no
// secret, so nobody is asked who reads them.
func IsPublic(path string) bool {
	if path == documentPath || path == strings.TrimSuffix(pagePath, "/") {
		return true
	}
	name, below := strings.CutPrefix(path, pagePath)
	return below && slices.Contains(pageFiles(), name)
}
