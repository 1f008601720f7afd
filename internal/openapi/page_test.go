package openapi_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/openapi"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	openapi.Mount(mux)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestTheDocumentIsServedAsItIs(t *testing.T) {
	t.Parallel()
	got := get(t, "/openapi.yaml")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, "application/yaml", got.Header().Get("Content-Type"))
	require.Equal(t, string(openapi.Document()), got.Body.String())
	require.Empty(t, got.Header().Get("Content-Security-Policy"), "that of every answer stays")
}

// What the page needs is there, is its own, and is told as what it is.
func TestThePageHasAllItLoads(t *testing.T) {
	t.Parallel()
	page := get(t, "/api/docs/")
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	loads := regexp.MustCompile(`(?:src|rel="(?:stylesheet|icon)".*href)="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1)
	require.Len(t, loads, 4)
	for _, load := range loads {
		name := load[1]
		require.NotContains(t, name, ":", "it is of this server")
		got := get(t, "/api/docs/"+name)
		require.Equal(t, http.StatusOK, got.Code, name)
		require.NotEmpty(t, got.Body.Bytes(), name)
		require.True(t, openapi.IsPublic("/api/docs/"+name), name)
		want := map[string]string{"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "png": "image/png"}
		require.Equal(t, want[name[strings.LastIndex(name, ".")+1:]], got.Header().Get("Content-Type"))
	}
	require.Contains(t, get(t, "/api/docs/start.js").Body.String(), "'../../openapi.yaml'")
	require.NotRegexp(t, `<script[^>]*>[^<]`, page.Body.String(), "the policy runs no script that stands in the page")
	require.NotRegexp(t, `style=|<style`, page.Body.String(), "nor a style")
}

func TestThePageHasAPolicyOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/api/docs/", "/api/docs/start.js", "/api/docs/swagger-ui.css"} {
		policy := get(t, path).Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self'; ", path)
		require.NotContains(t, policy, "unsafe", path)
		require.NotContains(t, policy, "*", path)
		require.NotContains(t, policy, "http", path)
	}
}

func TestWhoReadsGzipGetsGzip(t *testing.T) {
	t.Parallel()
	const path = "/api/docs/swagger-ui-bundle.js"
	zipped := get(t, path, "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", zipped.Header().Get("Content-Encoding"))
	r, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	for _, accepted := range []string{"", "br", "gzip;q=0"} {
		plain := get(t, path, "Accept-Encoding", accepted)
		require.Empty(t, plain.Header().Get("Content-Encoding"), accepted)
		require.Equal(t, string(text), plain.Body.String(), accepted)
		require.NotEqual(t, zipped.Header().Get("ETag"), plain.Header().Get("ETag"))
	}
	require.Contains(t, string(text), "SwaggerUIBundle")
}

func TestAFileThatTheClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/openapi.yaml", "/api/docs/", "/api/docs/swagger-ui.css"} {
		tag := get(t, path).Header().Get("ETag")
		require.Equal(t, http.StatusNotModified, get(t, path, "If-None-Match", tag).Code, path)
		require.Equal(t, http.StatusOK, get(t, path, "If-None-Match", `"another"`).Code, path)
	}
}

func TestNothingElseIsPublic(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/openapi.yaml", "/api/docs", "/api/docs/", "/api/docs/start.js"} {
		require.True(t, openapi.IsPublic(path), path)
	}
	for _, path := range []string{
		"", "/", "/api", "/api/docs/../eventlog", "/api/docs//", "/api/docs/x", "/api/docs/index.html", "/api/docs/page/start.js",
		"/api/docs/swagger-ui.css.gz", "/api/docs/start.js/", "/API/docs/", "/openapi.yaml/", "/openapi.yamlx", "/api/eventlog",
	} {
		require.False(t, openapi.IsPublic(path), path)
		if strings.HasPrefix(path, "/") {
			require.NotEqual(t, http.StatusOK, get(t, path).Code, path)
		}
	}
	moved := get(t, "/api/docs")
	require.Equal(t, http.StatusMovedPermanently, moved.Code)
	require.Equal(t, "/api/docs/", moved.Header().Get("Location"))
}
