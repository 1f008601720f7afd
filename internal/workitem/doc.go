// Package workitem has what workitems are made of, items with their types, their
// exact JSON form, and the store that keeps them in Postgres.
package workitem
