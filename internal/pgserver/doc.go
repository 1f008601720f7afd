// Package pgserver runs a private Postgres server as a child process, so that
// a demo, a development run or a test needs no database prepared for it.
//
// The server listens on loopback only and asks for a random password. It
// belongs to the process that started it: Stop ends it, and on Linux the kernel
// ends it when its parent dies without a Stop. The next Start removes the
// directory that was left, and elsewhere than on Linux ends the server in it.
//
// A directory holds data (the cluster), password (of the superuser) and lock
// (see privatedir).
package pgserver
