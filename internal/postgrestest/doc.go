// Package postgrestest gives a test a migrated Postgres database of its own.
//
// One private server serves all tests of a process. It starts with the first
// test that needs it and is stopped by Main, which the package's TestMain calls:
//
//	func TestMain(m *testing.M) { postgrestest.Main(m) }
//
// The environment variable POSTLUDE_TEST_DATABASE_URL names a running server to
// use instead; its user must be allowed to create databases. A server that is
// missing fails the test and never skips it.
package postgrestest
