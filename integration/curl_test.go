package integration

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asCurl makes the binary of the tests a curl with the few options that our
// documents use, for machines that have none.
const asCurl = "POSTLUDE_TEST_CURL"

// ownCurl makes a folder in which curl is this binary.
func ownCurl(t *testing.T) string {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	dir := t.TempDir()
	script := "#!/bin/sh\n" + asCurl + "=1 exec '" + self + "' \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "curl"), []byte(script), 0o755))
	return dir
}

// curl is the life of such a process.
func curl(args []string, stdout io.Writer) error {
	request, headers, err := parseCurl(args)
	if err != nil {
		return err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if headers {
		fmt.Fprintf(stdout, "HTTP/1.1 %s\r\n", response.Status)
		_ = response.Header.Write(stdout)
		fmt.Fprint(stdout, "\r\n")
	}
	_, _ = io.Copy(stdout, response.Body) // who reads may have read enough
	return nil
}

// parseCurl reads the options -s, -i, -X, -H, -d and -T, and an address. -i, which
// asks for the headers of the answer, is returned apart.
func parseCurl(args []string) (request *http.Request, headers bool, err error) {
	method, address, media := "", "", ""
	header := http.Header{"Accept": {"*/*"}}
	var body io.Reader = http.NoBody
	for len(args) > 0 {
		option := args[0]
		args = args[1:]
		if !strings.HasPrefix(option, "-") {
			address = option
			continue
		}
		if option == "-s" || option == "-i" {
			headers = headers || option == "-i"
			continue
		}
		if len(args) == 0 {
			return nil, false, errors.New(option + " needs a value")
		}
		value := args[0]
		args = args[1:]
		switch option {
		case "-X":
			method = value
		case "-H":
			name, text, _ := strings.Cut(value, ":")
			header.Set(name, strings.TrimSpace(text))
		case "-d":
			method, media, body = cmp.Or(method, http.MethodPost), formFields, strings.NewReader(value)
		case "-T":
			file, err := os.ReadFile(value)
			if err != nil {
				return nil, false, err
			}
			method, body = cmp.Or(method, http.MethodPut), strings.NewReader(string(file))
		default:
			return nil, false, errors.New("no such option: " + option)
		}
	}
	request, err = http.NewRequest(cmp.Or(method, http.MethodGet), address, body) //nolint:noctx // the shell ends with the test
	if err != nil {
		return nil, false, err
	}
	request.Header = header
	if media != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", media)
	}
	return request, headers, nil
}
