// Package plugin holds the plugins of Imixs that Postlude has, under their Imixs
// class names. docs/plugins.md describes them for those who draw models.
//
// A plugin keeps nothing: it may be used by any number of goroutines, and one of
// each serves all kernels. Its errors are those of [workflow.Plugin]: a
// [*workflow.Error] for a fault of the workitem or the model.
package plugin
