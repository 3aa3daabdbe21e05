// Package redisconf reads, alters and writes the settings of a Redis server: the lines of a redis.conf or a sentinel.conf.
//
//	redis.conf ── Parse ──> Config ── With, Add, Without ──> Config ── String ──> redis.conf
//	profile ──── Profile ─────┘
//
//	redis.conf, sentinel.conf ── Inspect ──> Config, and the Mistakes: what a server would refuse or misunderstand
//	profile ── Server, SentinelFor ──> Config, each directive with its reason
//
// It knows how lines are read (quotes, comments, names in any case), which directives Redis 7.0 has, what their values may be and
// what they are by default, and which hold passwords. What a directive does it leaves to the server, save for what is asked of it
// by name, such as [Config.SavePoints]. It follows no include, and touches no file but the one that it is given the path of.
//
// How a line is read is that of sdssplitargs (sds.c), loadServerConfigFromString (config.c) and sentinelHandleConfiguration
// (sentinel.c) of Redis 7.0; tests hold it against a real server.
package redisconf
