package pgserver

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFetchDownloadsOnce(t *testing.T) {
	t.Parallel()
	var downloads atomic.Int32
	repository := serveRepository(t, jar(t), &downloads)
	from := fetcher{cache: filepath.Join(t.TempDir(), "cache"), repository: repository}

	first, err := from.fetch()
	require.NoError(t, err)
	second, err := from.fetch()
	require.NoError(t, err)

	require.Equal(t, int32(1), downloads.Load())
	require.Equal(t, first, second)
	require.Equal(t, fetchedMajor, first.major)
	require.FileExists(t, first.program("initdb"))
}

func TestFetchWithoutNetworkSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	offline := machine{fetch: fetcher{cache: t.TempDir(), repository: dead.URL}.fetch, freePort: freePort}

	_, err := offline.binaries(t.Context(), 0)

	require.ErrorIs(t, err, ErrNoBinaries)
	require.ErrorContains(t, err, "unable to connect to "+dead.URL)
	require.ErrorContains(t, err, "apt install")
}

func TestDownloadIsNotTriedForDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	on := machine{fetch: func() (binaries, error) {
		require.Fail(t, "tried to download")
		return binaries{}, nil
	}}

	_, err := on.binaries(t.Context(), fetchedMajor-1)

	require.ErrorIs(t, err, ErrNoBinaries)
}

// jar is an archive as the repository has it: programs that exit with 1, which
// is what the real initdb does for root.
func jar(tb testing.TB) []byte {
	tb.Helper()
	programs, err := os.ReadFile("testdata/postgres.txz")
	require.NoError(tb, err)
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	file, err := writer.Create("postgres.txz")
	require.NoError(tb, err)
	_, err = file.Write(programs)
	require.NoError(tb, err)
	require.NoError(tb, writer.Close())
	return archive.Bytes()
}

func serveRepository(tb testing.TB, archive []byte, downloads *atomic.Int32) string {
	tb.Helper()
	sum := sha256.Sum256(archive)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
			return
		}
		downloads.Add(1)
		_, _ = w.Write(archive)
	}))
	tb.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections() // the library's client
		server.Close()
	})
	return server.URL
}
