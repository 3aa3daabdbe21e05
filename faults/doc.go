// Package faults makes what a scenario of a drill brings about. Each way of doing
// so is an implementation of drill.Fault.
//
//	drill.Run ── Check, Do, Heal ──┬─> Lab ──────> lab.Inject             everything, on a lab
//	                               ├─> Proxy ────> proxy.Set              on the drill's own side of the network
//	                               ├─> Manual ───> the operator           who is asked, and watched by a Sight
//	                               └─> Command ──> Watchdog ──> sh -c …   the user's own commands
//
// It never decides what is to happen, nor when, and it remembers what it did, so
// that Heal leaves nothing behind.
package faults
