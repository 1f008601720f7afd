package process_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/process"
)

// writePair writes a certificate of its own for this machine, with its key.
func writePair(t *testing.T, files process.TLS, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write := func(path, kind string, bytes []byte) {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
	}
	write(files.Certificate, "CERTIFICATE", certificate)
	write(files.Key, "PRIVATE KEY", secret)
}

func newPair(t *testing.T) process.TLS {
	t.Helper()
	dir := t.TempDir()
	files := process.TLS{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	writePair(t, files, 1)
	return files
}

// serveTLS serves until the test ends, and returns the address.
func serveTLS(t *testing.T, files process.TLS) string {
	t.Helper()
	plain, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener, err := files.Listener(plain, zerolog.Nop())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	go func() {
		ended <- process.HTTP{Write: time.Minute, Drain: time.Second}.Serve(ctx, listener, handler, zerolog.Nop())
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	return listener.Addr().String()
}

// serialOf is that of the certificate that is served.
func serialOf(t *testing.T, address string, config *tls.Config) (int64, error) {
	t.Helper()
	config.InsecureSkipVerify = true
	connection, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	encrypted, ok := connection.(*tls.Conn)
	require.True(t, ok)
	return encrypted.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestTLSIsServedFromFilesAsTheyAre(t *testing.T) {
	t.Parallel()
	files := newPair(t)
	address := serveTLS(t, files)
	serial, err := serialOf(t, address, &tls.Config{})
	require.NoError(t, err)
	require.EqualValues(t, 1, serial)

	require.NoError(t, os.WriteFile(files.Key, []byte("broken"), 0o600))
	serial, err = serialOf(t, address, &tls.Config{})
	require.NoError(t, err, "the old pair goes on")
	require.EqualValues(t, 1, serial)
	writePair(t, files, 2)
	require.Eventually(t, func() bool {
		serial, err := serialOf(t, address, &tls.Config{})
		return err == nil && serial == 2
	}, 10*time.Second, 50*time.Millisecond)
}

func TestTLSIsNewEnough(t *testing.T) {
	t.Parallel()
	address := serveTLS(t, newPair(t))
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		_, err := serialOf(t, address, &tls.Config{MinVersion: version, MaxVersion: version})
		require.Equal(t, ok, err == nil, "%x: %v", version, err)
	}
}

func TestTLSCarriesHTTP2(t *testing.T) {
	t.Parallel()
	files := newPair(t)
	address := serveTLS(t, files)
	root, err := os.ReadFile(files.Certificate)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(root))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, http.NoBody)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", string(body))
}

func TestCertificatesThatAreRefused(t *testing.T) {
	t.Parallel()
	files, other := newPair(t), newPair(t)
	for _, wrong := range []process.TLS{
		{Certificate: files.Certificate, Key: other.Key},
		{Certificate: files.Key, Key: files.Key},
		{Certificate: "none", Key: files.Key},
	} {
		_, err := wrong.Listener(nil, zerolog.Nop())
		require.ErrorContains(t, err, "read certificate")
	}
	require.Error(t, process.TLS{Certificate: "x"}.Validate())
	require.Error(t, process.TLS{Key: "x"}.Validate())
	require.NoError(t, process.TLS{}.Validate())
	require.NoError(t, files.Validate())
}
