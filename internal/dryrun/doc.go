// Package dryrun is what runs of the kernel without a database have in common:
// where their models come from, what a store would refuse, and what would be
// armed. What package asyncevent decides is asked there.
package dryrun
