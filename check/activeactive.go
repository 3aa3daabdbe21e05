package check

// The documents that the rules cite.
const (
	sourceFailover       = "Redis Enterprise, Active-Active region application failover"
	sourceGeo            = "Redis Enterprise, Active-Active geo-distributed Redis"
	sourcePlanning       = "Redis Software, Considerations for planning Active-Active databases (https://redis.io/docs/latest/operate/rs/databases/active-active/planning/)"
	sourceManage         = "Redis Software, Manage Active-Active databases (https://redis.io/docs/latest/operate/rs/databases/active-active/manage/)"
	sourceDevelop        = "Redis Software, Develop applications with Active-Active databases (https://redis.io/docs/latest/operate/rs/databases/active-active/develop/develop-for-aa/)"
	sourcePorts          = "Redis Software, Network port configurations (https://redis.io/docs/latest/operate/rs/networking/port-configurations/)"
	sourceClocks         = "Redis Software, Synchronize cluster node clocks (https://redis.io/docs/latest/operate/rs/clusters/configure/sync-clocks/)"
	sourceMemoryLimits   = "Redis Software, Database memory limits (https://redis.io/docs/latest/operate/rs/databases/memory-performance/memory-limit/)"
	sourceRegionEviction = "Redis Software, Eviction policy (https://redis.io/docs/latest/operate/rs/databases/memory-performance/eviction-policy/)"
	sourceModules        = "Redis Software, Enterprise feature compatibility (https://redis.io/docs/latest/operate/oss_and_stack/stack-with-enterprise/enterprise-capabilities/)"
	sourceTLS            = "Redis Software, Transport Layer Security (https://redis.io/docs/latest/operate/rs/security/encryption/tls/)"
	sourceScripts        = "Redis, Scripting with Lua (https://redis.io/docs/latest/develop/programmability/eval-intro/)"
)

// activeActiveRules are about the regions beside each other, in the order in which one would look at them: whether they
// are there and are what they are taken for, the way to them, their clocks, what they hold out, and how they differ.
func activeActiveRules() []Rule {
	rules := []Rule{
		{
			ID: "reachable", Title: "every region can be reached from here", Severity: Failure, Source: sourceFailover,
			Why:   "to fail over is to connect to another region: one that cannot be reached from where the application runs is none to fail over to",
			Fix:   "open the way from the application's hosts to the endpoint: routes, firewalls, names, certificates, the user's password",
			Judge: among(1, reachable),
		},
		{
			ID: "ports-open", Title: "the ports that are needed besides are open", Severity: Failure, Source: sourcePorts,
			Why:   "a port that is closed shows on the day on which it is needed: a shard that the endpoint leads to, another sentinel, the management of the clusters",
			Fix:   "open the port in the firewalls between the application and the region",
			Judge: among(1, portsOpen),
		},
		{
			ID: "distinct-regions", Title: "no two regions are one server", Severity: Failure, Source: sourceFailover,
			Why:   "two names of one server fail together, and all that is published in one is delivered in the other, so that it looks replicated",
			Fix:   "give each region the endpoint of its own database",
			Judge: among(2, distinctRegions),
		},
		{
			ID: "not-replica-of", Title: "no region is a replica", Severity: Failure, Source: sourceGeo,
			Why:   "a replica refuses writes, and sends nothing to its primary: an application that fails over to it can only read, and Active-Active cannot be combined with Replica Of",
			Fix:   "give the endpoint of an Active-Active database; what a primary and its replicas do in a failover is another drill: aafailover drill --topology replica",
			Judge: among(1, notReplicaOf),
		},
		{
			ID: "region-count", Title: "the number of regions is within the limits", Severity: Failure, Source: sourcePlanning,
			Why:   "releases of Redis Enterprise allow five or ten participating clusters, and what is beyond that cannot be added",
			Fix:   "see what the release in use allows, or ask Redis support",
			Judge: among(2, regionCount),
		},
		{
			ID: "same-version", Title: "all servers run the same version", Severity: Failure, Source: sourceGeo,
			Why:   "all clusters of an Active-Active database must run the same version; an application that fails over to an older one meets commands that it lacks",
			Fix:   "upgrade the regions that are behind, one after the other",
			Judge: among(1, sameVersion),
		},
		{
			ID: "same-sharding", Title: "all regions are sharded alike", Severity: Warning, Source: sourceFailover,
			Why:   "shards are replicated one by one, and fail so: where regions are sharded differently there are more links than shards, and health checks that choose a channel for each shard miss some",
			Fix:   "give all regions the same number of shards",
			Judge: among(2, sameSharding),
		},
		{
			ID: "standard-hashing", Title: "keys are hashed by the standard policy", Severity: Failure, Source: sourcePlanning,
			Why:   "with another policy channels and keys are of other shards than they are computed for: a health check looks at some shards twice and at others never, and cluster clients are sent around",
			Fix:   "make a new database with the standard hashing policy, which cannot be changed later, and migrate",
			Judge: among(1, standardHashing),
		},
		{
			ID: "named-endpoints", Title: "endpoints are names, not addresses", Severity: Warning, Source: sourceGeo,
			Why:   "an endpoint moves to another node when its own fails; the name follows it, an address leads nowhere then",
			Fix:   "give the name (FQDN) of the endpoint",
			Judge: among(1, namedEndpoints),
		},
		{
			ID: "steady-names", Title: "names lead to the same addresses each time", Severity: Warning, Source: sourceGeo,
			Why:   "a name that fails to resolve is an endpoint that is down; one that changes sends parts of an application to different places",
			Fix:   "see who answers for the name, with which time to live; clients must look it up again at each connection",
			Judge: among(1, steadyNames),
		},
		{
			ID: "tls-used", Title: "regions are reached by TLS", Severity: Warning, Source: sourceTLS,
			Why:   "on the day of a failover the application sends its password and all data across regions, where more can read along than at home",
			Fix:   "switch on TLS for the database, and give rediss:// in the URL",
			Judge: among(1, tlsUsed),
		},
		{
			ID: "tls-verified", Title: "it is checked who answers", Severity: Warning, Source: sourceTLS,
			Why:   "TLS without a check encrypts for whoever is in between",
			Fix:   "give the CA of the cluster, or the fingerprint of its certificate, instead of switching the check off",
			Judge: among(1, tlsVerified),
		},
		{
			ID: "certificates-valid", Title: "certificates are valid, and for long enough", Severity: Failure, Source: sourceTLS,
			Why:   "an expired certificate is found out by the next connection, and after a failover all connections are new",
			Fix:   "renew the certificate, and have it renewed by itself",
			Judge: among(1, certificatesValid),
		},
		{
			ID: "time-synchronised", Title: "clocks follow a time service", Severity: Warning, Source: sourceClocks,
			Why:   "concurrent writes of one string are decided by the clocks of the hosts: without a time service they drift, by seconds within weeks",
			Fix:   "run chrony or NTP on every host",
			Judge: among(1, synchronised),
		},
		{
			ID: "clocks-agree", Title: "the clocks of the regions agree, as far as round trips tell", Severity: Failure, Source: sourceGeo,
			Why:   "where the order of two writes of one string cannot be told, the one with the later clock wins: after a failover to a region whose clock is behind, old values win over new ones",
			Fix:   "run chrony or NTP on every host of all regions, from the same sources",
			Judge: among(2, clocksAgree),
		},
		{
			ID: "region-eviction", Title: "no region evicts keys, which go from all regions then", Severity: Warning, Source: sourceRegionEviction,
			Why:   "keys that one region evicts are gone in all; while a region is away what is evicted cannot be freed, so that all keys can be evicted and the memory be full nevertheless",
			Fix:   "set the eviction policy to noeviction, which is the default of Active-Active databases, and watch the memory",
			Judge: among(2, regionEviction),
		},
		{
			ID: "memory-headroom", Title: "there is memory for while a region is away", Severity: Failure, Source: sourceMemoryLimits,
			Why: "what is deleted is freed when all regions have seen it: while one is away memory only grows, and a shard that is full stops replicating. " +
				"Then removing the region that is away is the only way, after which it can come back as a new and empty one only, and all of its writes that had not arrived elsewhere are lost",
			Fix:   "raise the memory limit, let keys expire, and decide now at which use of memory a region is removed",
			Judge: among(2, memoryHeadroom),
		},
		{
			ID: "persistent", Title: "every region keeps its data on disk", Severity: Failure, Source: sourceManage,
			Why:   "writes that had not been replicated when a region failed are only in its files: with those it brings them back, without it returns empty and they are lost",
			Fix:   "switch on the append-only file in every region; snapshots are not supported by Active-Active databases",
			Judge: among(2, persistent),
		},
		{
			ID: "outage-in-backlog", Title: "the backlog holds what is written while a region is away", Severity: Failure, Source: sourceManage,
			Why:   "a region that comes back gets what it missed from the backlog; where that no longer reaches back all data is copied between the regions, and the messages published meanwhile are lost",
			Fix:   "make the backlog as large as what is written in the longest outage that should cost no full copy",
			Judge: among(2, outageInBacklog),
		},
		{
			ID: "same-modules", Title: "modules are the same, and such as Active-Active takes", Severity: Failure, Source: sourceModules,
			Why:   "an application that fails over to a region without a module meets unknown commands, and data that it cannot read",
			Fix:   "load the same modules in all regions",
			Judge: among(2, sameModules),
		},
		{
			ID: "same-settings", Title: "settings do not differ between regions", Severity: Warning, Source: sourceGeo,
			Why:   "settings are not replicated: what was changed in one region only is found missing after a failover",
			Fix:   "set the same in all regions, from one file",
			Judge: among(2, sameSettings),
		},
		{
			ID: "same-functions", Title: "functions are the same in all regions", Severity: Failure, Source: sourceGeo,
			Why:   "functions are not replicated between regions: an application that fails over calls those that are not there, or older ones",
			Fix:   "load functions in every region, on every shard, wherever they are deployed",
			Judge: among(2, sameFunctions),
		},
		{
			ID: "same-scripts", Title: "as many scripts are cached in all regions", Severity: Warning, Source: sourceScripts,
			Why:   "the cache of scripts is not replicated between regions, and is empty after a restart: EVALSHA fails with NOSCRIPT after a failover",
			Fix:   "have clients send the script with EVAL when they get NOSCRIPT, or load scripts whenever they connect",
			Judge: among(2, sameScripts),
		},
	}
	for i := range rules {
		rules[i].Group = ActiveActive
	}
	return rules
}
