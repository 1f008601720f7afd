// Package stream is the JetStream adapter: it publishes what relays claim,
// delivers it to workers and keeps the tap. No other package talks to NATS.
//
// # Names on the wire
//
// The work stream ASYNCEVENT holds the messages of async entries until a worker
// has finished them. What is due stands on
//
//	asyncevent.due.<lane>.<entry id>.<ref>
//
// and what the broker holds back on asyncevent.armed.<entry id>, as a native
// message schedule that moves it to asyncevent.due.timer.… when its time comes.
// Every entry has a subject of its own: a second schedule on a subject would
// erase the first, and a repeated dispatch replaces the copy that is queued.
//
// The tap, eventlog.<topic>.<ref>, shows every entry of every topic when it is
// dispatched; async entries get there by republishing of what is due, whether it
// was published or fired by a schedule. The stream EVENTLOG keeps a while of it.
// A tap takes nothing from the workers, is best effort, may repeat (with the same
// ce-id) and may show what turns out stale.
//
// Handovers stand in streams of their own, which policies name, on
//
//	handover.<stream>.<topic>.<ref>
//
// for as long as the stream's operator likes, and are shown by the tap, too.
//
// Messages carry the CloudEvents attributes as ce-* headers; ce-source names the
// installation. Those of async entries carry ids only.
//
// # What is relied upon
//
// Nothing, in the end: Postgres holds the entry until its effect has committed.
// The header Nats-Msg-Id spares double work when a publish is repeated; a second
// dispatch says that it expects no message on its subject, so that what is still
// queued is not queued again.
package stream
