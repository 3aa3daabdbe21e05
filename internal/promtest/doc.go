// Package promtest tries what is made for Prometheus with its own parser and its own engine. It is a module of its own: the
// program needs nothing of Prometheus, and whoever imports a package of it should not get its hundreds of dependencies.
package promtest
