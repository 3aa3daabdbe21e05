package check

import "github.com/aafailover/aafailover/enterprise"

// The documents that the rules of the REST API cite.
const (
	sourceREST          = "Redis Software, REST API (https://redis.io/docs/latest/operate/rs/references/rest-api/)"
	sourceBDB           = "Redis Software, BDB object (https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/)"
	sourceCRDB          = "Redis Software, CRDB object (https://redis.io/docs/latest/operate/rs/references/rest-api/objects/crdb/)"
	sourceSource        = "Redis Software, Syncer sources object (https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/syncer_sources/)"
	sourceReplicaSync   = "Redis Software, BDB replica sync field (https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/replica_sync/)"
	sourceAvailability  = "Redis Software, Check database availability (https://redis.io/docs/latest/operate/rs/monitoring/db-availability/)"
	sourceReplicaShards = "Redis Software, Database replication (https://redis.io/docs/latest/operate/rs/databases/durability-ha/replication/)"
	sourceClusterAPI    = "Redis Software, OSS Cluster API (https://redis.io/docs/latest/operate/rs/clusters/optimize/oss-cluster-api/)"
	sourceObservability = "Redis Software, Observability and monitoring guidance (https://redis.io/docs/latest/integrate/prometheus-with-redis-enterprise/observability/)"
)

// managementRules are about what the REST API of Redis Enterprise says: first whether it says anything, then whether the
// regions are one database and in step, what they hold out, and how they are set up.
func managementRules() []Rule {
	rules := []Rule{
		{
			ID: "api-answers", Title: "the REST APIs that are configured answer, and it is checked who does", Severity: Warning, Source: sourceREST,
			Why:   "in an outage the REST API is where one sees what the clusters know of it: a password, a role or a certificate that does not work is found out better before",
			Fix:   "give the address of the cluster manager, a user with the role db_viewer, and its CA or the fingerprint of its key",
			Judge: among(1, apiAnswers),
		},
		{
			ID: "api-database", Title: "the endpoint is that of a database that is active", Severity: Failure, Source: sourceBDB,
			Why:   "a database that is in recovery, or was never made completely, cannot take over from another region",
			Fix:   "finish what is under way in the cluster: rladmin status",
			Judge: among(1, apiDatabase),
		},
		{
			ID: "api-same-database", Title: "all regions are of one Active-Active database", Severity: Failure, Source: sourceCRDB,
			Why:   "an application that fails over to another database finds none of its data there, however well both are",
			Fix:   "give the endpoints of the regions of one Active-Active database: crdb-cli crdb list",
			Judge: among(1, apiSameDatabase),
		},
		{
			ID: "api-not-replica-of", Title: "no database is the target of a Replica Of", Severity: Failure, Source: sourceReplicaSync,
			Why:   "the target of a Replica Of takes what its source writes, and drops its own; it cannot be combined with Active-Active",
			Fix:   "remove the Replica Of, or give the endpoint of an Active-Active database",
			Judge: among(1, eachDatabase(apiNotReplicaOf)),
		},
		{
			ID: "api-peers", Title: "every region takes in the writes of all others", Severity: Failure, Source: sourceSource,
			Why:   "what is written in a region that another one does not follow is not found there after a failover, and not after the way back either",
			Fix:   "see which regions the database has: crdb-cli crdb get --crdb-guid GUID",
			Judge: among(2, apiPeers),
		},
		{
			ID: "api-sync", Title: "the regions are in sync", Severity: Failure, Source: sourceReplicaSync,
			Why:   "a region that does not take in the writes of the others is behind by all that was written since, and whoever fails over to it does not read that",
			Fix:   "find out why it stopped: the last error of the source, and rladmin status; then switch the synchronisation on again",
			Judge: among(1, eachDatabase(apiSync)),
		},
		{
			ID: "api-lag", Title: "the regions are not far behind each other", Severity: Warning, Source: sourceObservability,
			Why:   "what was written within the lag before a region fails is not readable in the one that takes over",
			Fix:   "look at the network between the clusters, at the load of the shards and of the syncer, and at large keys",
			Judge: among(1, eachDatabase(apiLag)),
		},
		{
			ID: "api-available", Title: "the clusters call their databases available", Severity: Failure, Source: sourceAvailability,
			Why:   "load balancers and clients that ask this send nobody to a region that says no",
			Fix:   "bring the cluster to a quorum, and the shards up: rladmin status",
			Judge: among(1, eachDatabase(apiAvailable)),
		},
		{
			ID: "api-caught-up", Title: "the clusters say that their databases have caught up", Severity: Warning, Source: sourceAvailability,
			Why: "clients that are aware of the lag do not come back to a region that says no. Only the region that is behind says so, and two that are apart can both say it: " +
				"the answer is one for coming back, and none to fail over by",
			Fix:   "see the rule api-lag; the tolerance is 100 ms unless the cluster was given another one (availability_lag_tolerance_ms)",
			Judge: among(1, eachDatabase(apiCaughtUp)),
		},
		{
			ID: "api-persistence", Title: "every database keeps its data in an append-only file", Severity: Failure, Source: sourceManage,
			Why:   "writes that had not been replicated when a region failed are only in its files: with those it brings them back, without it returns empty and they are lost",
			Fix:   "switch on the append-only file in all regions; snapshots are not supported by Active-Active databases",
			Judge: among(1, eachDatabase(apiPersistence)),
		},
		{
			ID: "api-replication", Title: "every shard is up, and has a replica", Severity: Failure, Source: sourceReplicaShards,
			Why:   "a node that fails takes its shards with it: without a replica that is a failover to another region, and what had not been replicated to there is missing",
			Fix:   "switch on replication of the database, and see with rladmin status shards that replicas are up and on other nodes",
			Judge: among(1, eachDatabase(apiReplication)),
		},
		{
			ID: "api-backlog", Title: "the backlog between the regions holds what is written while one is away", Severity: Failure, Source: sourceManage,
			Why:   "a region that comes back gets what it missed from the backlog of each shard; where that no longer reaches back all data is copied between the regions, and the messages published meanwhile are lost",
			Fix:   "make the backlog as large as what is written in the longest outage that should cost no full copy",
			Judge: among(1, eachDatabase(apiBacklog)),
		},
		{
			ID: "api-hashing", Title: "databases hash keys by the standard rules, to the slots of Redis Cluster", Severity: Failure, Source: sourceBDB,
			Why:   "with other rules channels and keys are of other shards than they are computed for: a health check looks at some shards twice and at others never; legacy counts the slots from 1 to 4096",
			Fix:   "make a new database with hash_slots_policy 16k and the default shard_key_regex, and migrate: neither changes without removing all keys",
			Judge: among(1, eachDatabase(apiHashing)),
		},
		{
			ID: "api-cluster-api", Title: "the Cluster API is on, and announces addresses that lead here", Severity: Warning, Source: sourceClusterAPI,
			Why:   "without it nothing connects to the shard that owns a slot, and one that does not answer is seen as a part of all messages that is missing; internal addresses lead nowhere from elsewhere",
			Fix:   "switch on the OSS Cluster API of the database, with the external addresses where applications are outside",
			Judge: among(1, eachDatabase(apiClusterAPI)),
		},
		{
			ID: "api-shards", Title: "databases are sharded alike", Severity: Warning, Source: sourceFailover,
			Why:   "shards are replicated one by one, and fail so: where regions are sharded differently there are more links than shards, and health checks that choose a channel for each shard miss some",
			Fix:   "give all regions the same number of shards",
			Judge: among(2, apiShards),
		},
		{
			ID: "api-version", Title: "databases are of one version, and agree on the features of Active-Active", Severity: Failure, Source: sourceGeo,
			Why:   "all regions of an Active-Active database must run the same version; an application that fails over to an older one meets commands that it lacks",
			Fix:   "upgrade the regions that are behind, one after the other, and then the featureset: crdb-cli crdb update --featureset-version yes",
			Judge: among(2, apiVersion),
		},
		{
			ID: "api-modules", Title: "databases have the same modules", Severity: Failure, Source: sourceModules,
			Why:   "an application that fails over to a region without a module meets unknown commands, and data that it cannot read",
			Fix:   "upgrade the modules to the same version in all regions",
			Judge: among(2, apiModules),
		},
		{
			ID: "api-tls", Title: "databases take TLS only", Severity: Warning, Source: sourceTLS,
			Why:   "on the day of a failover the application sends its password and all data across regions, where more can read along than at home",
			Fix:   "switch on TLS for all communication of the database, and give rediss:// in the URL",
			Judge: among(1, eachDatabase(apiTLS)),
		},
	}
	for i := range rules {
		rules[i].Group = Management
	}
	return rules
}

// howToGiveAnAPI is what rules say that have no REST API to go by.
const howToGiveAnAPI = "no REST API of Redis Enterprise is configured: --api NAME=https://USER@HOST:9443?passwordEnv=VARIABLE, or api: below a region in the file"

// database is the database that a region is, where its REST API told it. Else there is what to say instead.
func (r Region) database() (enterprise.Database, []Finding) {
	switch m := r.Management; {
	case m == nil:
		return enterprise.Database{}, []Finding{finding(NotApplicable, r.subject(), "", "no REST API of it is configured")}
	case m.Unreachable != "":
		return enterprise.Database{}, []Finding{untold(r.subject(), "its REST API tells nothing: see api-answers")}
	case !m.Database.Known():
		return enterprise.Database{}, []Finding{untold(r.subject(), "its REST API does not tell the database: see api-database")}
	}
	return r.Management.Database.Value, nil
}

// noAPI is the finding of a rule where no region has a REST API; nil: one has.
func noAPI(f *Facts) []Finding {
	if f.Lab {
		return notApplicable("a lab has no REST API")
	}
	for _, r := range f.Regions {
		if r.Management != nil {
			return nil
		}
	}
	return notApplicable(howToGiveAnAPI)
}

// eachDatabase judges the database of every region whose REST API tells it. Findings without a subject are about the
// region.
func eachDatabase(judge func(*Facts, Region, enterprise.Database, Target) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		if none := noAPI(f); none != nil {
			return none
		}
		var found []Finding
		for _, r := range f.Regions {
			d, instead := r.database()
			if instead != nil {
				found = append(found, instead...)
				continue
			}
			for _, one := range judge(f, r, d, t) {
				if one.Subject == "" {
					one.Subject = r.subject()
				}
				found = append(found, one)
			}
		}
		return found
	}
}

// managedRegion is a region with its database.
type managedRegion struct {
	Region
	database enterprise.Database
}

// managedRegions are the regions whose REST API tells their database, and what is to be said of the others.
func managedRegions(f *Facts) (told []managedRegion, others []Finding) {
	if none := noAPI(f); none != nil {
		return nil, none
	}
	for _, r := range f.Regions {
		d, instead := r.database()
		if instead != nil {
			others = append(others, instead...)
			continue
		}
		told = append(told, managedRegion{r, d})
	}
	return told, others
}
