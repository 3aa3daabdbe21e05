// Package faults makes what a scenario of a drill brings about. Each way of doing
// so is an implementation of drill.Fault.
//
//	drill.Run ── Check, Do, Heal ──> Lab ──> lab.Inject
//
// It never decides what is to happen, nor when, and it remembers what it did, so
// that Heal leaves nothing behind.
package faults
