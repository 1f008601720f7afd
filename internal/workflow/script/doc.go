// Package script runs the JavaScript of models: conditions of sequence flows,
// which only look, and business rules, which may change items.
//
// Scripts are foreign code. They reach nothing but the workitem and the event
// they are given and a reduced standard library; nothing one script does is seen
// by the next.
// Running time, call depth, memory and the size of texts and lists are limited,
// also inside the engine's own functions, which an interrupt does not reach.
package script
