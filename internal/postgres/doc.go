// Package postgres connects to the database and migrates its schema. It knows
// nothing of the domain: every table is named without a schema and lives where
// the connection's search_path says.
package postgres
