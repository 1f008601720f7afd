package pgserver

import (
	"io"
	"maps"
	"slices"
	"strconv"
)

// Options say where and how the server runs. The zero value is a durable server
// in a private temporary directory on a free port.
type Options struct {
	// Dir keeps the data for the next Start with the same Dir. It is created
	// when missing. Empty means a private temporary directory that Stop removes.
	Dir string

	// TempDir is where the private directory is made. Empty means the system's
	// temporary directory; see MemoryDir for another.
	TempDir string

	// Port on 127.0.0.1. Zero picks a free one.
	Port int

	// Settings override the server's configuration, such as "fsync": "off" for
	// tests. Nothing is relaxed without being asked for: a commit is on disk
	// when it returns.
	Settings map[string]string

	// Log receives what the server writes to its log, one Write at a time. Nil
	// discards it, except for the end of it, which error messages quote.
	Log io.Writer

	// NoDownload refuses to fetch the server's binaries when the machine has
	// none.
	NoDownload bool
}

// arguments returns the command line of a server on port. Settings on the
// command line win over any file in the data directory.
func (o Options) arguments(data string, port int) []string {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1",
		// A socket's path is limited to about 100 bytes, which a temporary
		// directory on macOS nearly uses up. Loopback serves everybody.
		"unix_socket_directories": "",
		"max_connections":         "200",
		// Messages are matched, so they have to be in English.
		"lc_messages":       "C",
		"log_destination":   "stderr",
		"logging_collector": "off",
		"timezone":          "UTC",
		"log_timezone":      "UTC",
	}
	maps.Copy(settings, o.Settings)
	settings["cluster_name"] = clusterName
	settings["port"] = strconv.Itoa(port)

	args := []string{"-D", data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}
