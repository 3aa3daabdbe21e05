// Package redisconf reads, alters and writes the settings of a Redis server: the lines of a redis.conf or a sentinel.conf.
//
//	redis.conf ── Parse ──> Config ── With, Add, Without ──> Config ── String ──> redis.conf
//	profile ──── Profile ─────┘
//
// It knows how lines are read (quotes, comments, names in any case), which directives may be given more than once, and which
// hold passwords. What a directive means it leaves to the server, save for what is asked of it by name, such as
// [Config.SavePoints]. It follows no include, and touches no file but the one that [Load] is given.
//
// How a line is read is that of sdssplitargs (sds.c) and loadServerConfigFromString (config.c) of Redis 7.0.
package redisconf
