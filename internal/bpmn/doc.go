// Package bpmn reads BPMN 2.0 models with Imixs extensions.
//
// [Parse] turns a file into a [Model]: its tasks, events and flows, with
// everything that processing asks for resolved once. Whatever has an order is
// in document order. A Model never changes after Parse and may be used by any
// number of goroutines.
//
// Parse accepts every model that can be run in parts; [Model.Check] says what
// is wrong with it. The package does no I/O except for the reader it is given,
// and knows no clock.
package bpmn
