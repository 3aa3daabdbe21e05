// Package service drills an application that really runs: a program in any language, with its own client library, pools,
// retries and time-outs, which reaches its regions through recording proxies.
//
//	Scenario + Fault ─┐
//	probe ── Snapshot ┴─> Run: steady, fault, outage, heal, resync, settle      it waits for the service, and tells it nothing
//	                        │
//	recorder.Log ──────> Measure: when it left, where it went, what it was told, what it sent twice, when it came home
//	                 └─> missed: what it wrote and could not have read there, from when to when, and what became of it
//
// It writes nothing: it reads the keys that the service wrote, and its fences are the messages of the probe.
package service
