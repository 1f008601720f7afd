package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/process"
)

// These tests set the environment, so that none is taken from whoever runs them.
func TestUsage(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "expected one of"},
		{"unknown command", []string{"frobnicate"}, "unexpected argument frobnicate"},
		{"unknown flag", []string{"version", "--frobnicate"}, "unknown flag --frobnicate"},
		{"half a command", []string{"model"}, `expected one of "deploy", "lint", "list"`},
		{"no database", []string{"model", "list"}, "set DATABASE_URL or give --database-url"},
		{"no database for migrate", []string{"migrate"}, "set DATABASE_URL or give --database-url"},
		{"no file", []string{"model", "deploy"}, `expected "<file> ..."`},
		{"no file to lint", []string{"model", "lint"}, `expected "<file> ..."`},
		{"no id", []string{"workitem", "get"}, `expected "<id>"`},
		{"no number", []string{"workitem", "process", "--task", "ten"}, "--task"},
		{"two files", []string{"workitem", "process", "a.json", "b.json"}, "one file at most: a.json and b.json"},
		{"item without a name", []string{"workitem", "process", "--item", "=x"}, "NAME=VALUE is needed"},
		{"item without a value", []string{"workitem", "process", "--item", "x"}, "NAME=VALUE is needed"},
		{"no entries", []string{"eventlog", "list", "--limit", "0"}, "--limit must be at least 1"},
		{"no model", []string{"simulate"}, "missing flags: --model=FILE"},
		{"model that is not there", []string{"simulate", "--model", "testdata/absent.bpmn"}, "absent.bpmn"},
		{"plugins maybe", []string{"simulate", "--model", "testdata/approval.bpmn", "--plugins", "maybe"}, `must be one of "on","off"`},
		{"no workitems", []string{"demo", "--workitems", "0"}, "--workitems and --clients must be at least 1"},
		{"no workers", []string{"dev", "--workers", "0"}, "--workers must be at least 1"},
		{"two databases", []string{"dev", "--data", "d", "--database-url", "postgres://h/x"}, "unset DATABASE_URL, or leave out --data"},
		{"log level", []string{"dev", "--log-level", "loud"}, "--log-level must be one of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, "", tt.args...)
			require.Equal(t, 2, got.status, got.err)
			require.Contains(t, got.err, tt.want)
			require.Empty(t, got.out)
			requireOneLine(t, got)
		})
	}
}

func TestFailures(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://u:secret@127.0.0.1:1/x")
	tests := []struct {
		name  string
		args  []string
		stdin string
		want  string
	}{
		{"database away", []string{"model", "list"}, "", "the database is away: "},
		{"database away from migrate", []string{"migrate"}, "", "the database is away: "},
		{"database away from demo", []string{"demo"}, "", "the database is away: "},
		{"items missing", []string{"workitem", "process", "absent.json"}, "", "open absent.json: no such file"},
		{"items broken", []string{"workitem", "process", "-"}, `{"a":[1,}`, "standard input: items: offset 8: "},
		{"items with U+0000", []string{"workitem", "process", "-"}, `{"a":["\u0000"]}`, "U+0000"},
		{"bad URL", []string{"model", "list", "--database-url", "postgres://u:secret@h:port/x"}, "", "connect to postgres"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, tt.stdin, tt.args...)
			require.Equal(t, 1, got.status, got.err)
			require.Contains(t, got.err, tt.want)
			require.NotContains(t, got.err, "secret")
			requireOneLine(t, got)
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"--help"}, []string{"migrate", "model deploy", "model lint", "model list", "workitem process", "workitem get", "eventlog list", "eventlog cancel", "eventlog fire", "topic set", "topic list", "topic remove", "doctor", "simulate", "demo", "dev", "version"}},
		{[]string{"demo", "--help"}, []string{"$DATABASE_URL", "--keep", "--data", "--workitems", "--clients", "$POSTLUDE_LOG_LEVEL"}},
		{[]string{"dev", "--help"}, []string{"$DATABASE_URL", "--data", "$POSTLUDE_API_ADDRESS"}},
		{[]string{"workitem", "process", "--help"}, []string{"$DATABASE_URL", "$ASYNCEVENT_PROCESSOR_ENABLED", "Sets $uniqueid", "NAME=VALUE"}},
		{[]string{"simulate", "--help"}, []string{"--plugins", "--adapters", `{"$taskid":[100]`}},
	} {
		got := call(t, "", tt.args...)
		require.Zero(t, got.status, got.err)
		require.Empty(t, got.err)
		for _, want := range tt.want {
			require.Contains(t, got.out, want, tt.args)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^postlude \S.*go1\.`, succeed(t, "", "version"))
	require.Equal(t, "(unknown)", describe(nil))
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		"plain":                         "plain",
		"connect:\n\tfirst\n\tsecond\n": "connect: first; second",
		"twice\ntwice\n\nonce":          "twice; once",
	} {
		require.Equal(t, want, process.OneLine(text))
	}
}
