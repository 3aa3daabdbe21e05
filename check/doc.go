// Package check judges whether a deployment is ready for the day that it fails.
//
//	regions, sentinels, REST API ── check/ask ──┐
//	                                            ├─> Facts ─┐
//	redis.conf, sentinel.conf ── FactsOfFiles ──┘          ├─> Run ─> Result ─> package report
//	                                              Target ──┤
//	                                              Rules ───┘
//
// A Rule is a small value: what it is called, how bad it is when it does not hold, why it matters, which document says
// so, and a function from facts to findings. Rules are pure: they see what was asked and answered, and ask nothing. What
// no server told is Untold, which is neither good nor bad; a rule never takes the default of a setting for what is set.
//
// Nothing here, and nothing in check/ask, changes anything.
package check
