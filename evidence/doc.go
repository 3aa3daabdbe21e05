// Package evidence packs what a support ticket needs into one file that can be sent on: no secret is in it and, on
// request, no host name, no IP address and no name of a region.
//
//	parts, gaps ─> Pack ─ learn hosts ─> replace ─> scan ─> Packed ─> Write (.zip, .tar.gz) ─> Save
//	                         │             │          │
//	                    all parts first    │     a secret that is still there fails the packing
//	                                       └─ known secrets in all their forms, what looks like one, hosts, names
//
// A known secret is looked for as it is, and as URLs, JSON, HTML, base64 and hexadecimal write it, and its SHA-256 as access
// rules do. A host has the same pseudonym in all files of a bundle; ports stay. What is in a file depends on the bundle
// alone: the same one makes the same bytes.
//
// The package opens no connection and reads no file: who gathers is package cmd.
package evidence
