// Package enterprise asks the cluster manager of Redis Enterprise, by its REST API, what it knows of a
// database: how it is sharded and hashed, how far the regions are in step, and whether it would call it
// available.
//
//	Client ── GET https://HOST:9443/v1/… ──> loose JSON ──> Database, Shard, Availability, Peer, ActiveActive
//
// It only ever reads: no other method than GET can be sent. Databases are asked for with the names of the
// fields that are wanted, since a reply without them has the passwords of the database in it, even for a user
// who may only look. What comes in spite of that is not taken in: nothing of a reply is kept but the
// fields of these types, and texts in which a password could stand are looked through for those that came before it and with it.
//
// Releases differ in which fields there are, and in whether a number is written as one: what is absent, or of
// another form, is unknown, as a vitals.Field says it, and no error.
//
// The cluster manager is not the database. That it cannot be asked says nothing about the database.
package enterprise
