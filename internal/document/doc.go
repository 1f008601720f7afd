// Package document reads and writes item collections in the wire forms of
// Imixs: XML, typed JSON and plain JSON. docs/documents.md describes them.
//
// What is written is read back exactly: types, dates to the millisecond,
// numbers, nested maps and lists, empty items. The one thing that no form can
// say is whether a member of a map is a value or a list of one; it is read as
// a list, as in Imixs.
//
// Readers take whole texts from strangers. They need linear time, refuse
// what exceeds [MaxSize] and the other limits with [ErrLimit], never expand
// entities, and read nothing that [workitem.AppendJSON] could not store. Their
// errors are a [*ParseError]. Writers never fail: they leave out the
// characters that the form cannot hold.
//
// All functions are pure and safe for concurrent use.
package document
