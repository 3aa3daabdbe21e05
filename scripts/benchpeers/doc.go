// Command benchpeers measures this program beside others that do the same work, in the same run, on the same machine:
// `benchpeers [-only NAME,…] [-runs 5] [-quick] [-o FILE] [-document FILE] [-compare FILE] [-list]`, from the root of the project.
//
//	experiments ──> repeated, ours and the peer in turn ──> results: medians, ratios ──> the terminal
//	                                                          │  └──> -o docs/performance.json ──> -document docs/performance.md
//	                                                          └─────> -compare docs/performance.json: what got worse
//
// A machine that is busy makes both slower, so ratios are what counts. A figure without a peer is set beside a fixed piece of
// work, the yardstick, when it is compared with an earlier one. An aim that is missed is said, and fails nothing.
//
// A new experiment is a function that returns it, named in experiments, in a file of its own; and a pair of markers in
// docs/performance.md where its table is to stand.
package main
