package check

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/vitals"
)

// File is a file of settings.
type File struct {
	Name     string // as it was given
	Sentinel bool
	// Config is what it says; of lines that a server refuses, what was meant where that is clear.
	Config redisconf.Config
	// Mistakes are what a server would not take, or would take for something else, in the order of the lines.
	Mistakes []redisconf.Mistake
}

// NewFile makes a File of its text.
func NewFile(name, text string, how redisconf.Reading) File {
	config, mistakes := redisconf.Inspect(text, how)
	return File{Name: name, Sentinel: how.Sentinel, Config: config, Mistakes: mistakes}
}

// FactsOfFiles are the facts of a deployment of which nothing is known but its files. Each redis.conf is a server; where it
// names no value, it is the default of Redis 7.0, unless it includes a file that may name one. Each primary that a
// sentinel.conf watches over is a Sentinel: in the one region of all files, or in a region of its own where it watches over
// several, since nobody says which of them a redis.conf is of.
func FactsOfFiles(at time.Time, files []File) *Facts {
	f := &Facts{At: at, Files: files}
	var servers []Server
	monitored := map[string][]Sentinel{}
	var names []string // of primaries, in the order of the files
	for _, file := range files {
		if !file.Sentinel {
			server := file.server()
			server.Shard = len(servers) // files tell of no shards: each server is judged by itself
			servers = append(servers, server)
			continue
		}
		for _, m := range file.Config.Monitors() {
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
			monitored[m.Name] = append(monitored[m.Name], file.sentinel(m))
		}
	}
	if len(names) <= 1 {
		r := Region{Servers: servers}
		for _, name := range names {
			r.Service, r.Sentinels = name, monitored[name]
		}
		f.Regions = []Region{r}
		return f
	}
	if len(servers) > 0 {
		f.Regions = append(f.Regions, Region{Servers: servers})
	}
	for _, name := range names {
		f.Regions = append(f.Regions, Region{Name: name, Service: name, Sentinels: monitored[name]})
	}
	return f
}

// server is what the file says of the server that is started with it.
func (f File) server() Server {
	s := Server{Address: f.Name, Unset: map[string]bool{}}
	s.Vitals.Settings = map[string]vitals.Field[string]{}
	refused, open := f.refused(), len(f.Config.Lines("include")) > 0
	for _, name := range SettingNames() {
		value, set := f.Config.Effective(name)
		if !set && (open || refused[redisconf.Modern(name)]) {
			s.Vitals.Settings[name] = vitals.Field[string]{} // another file may say, or nobody knows what was meant
			continue
		}
		s.Vitals.Settings[name] = vitals.Field[string]{Value: value, Standing: vitals.Told}
		s.Unset[name] = !set
	}
	if of, set := f.Config.Effective("replicaof"); set && of != "" && of != "no one" {
		s.Vitals.Replication.Role = vitals.Field[vitals.Role]{Value: vitals.Replica, Standing: vitals.Told}
	}
	return s
}

// refused are the directives of lines that a server refuses, by their names in Redis 7.0.
func (f File) refused() map[string]bool {
	names := map[string]bool{}
	for _, m := range f.Mistakes {
		if m.Answer != "" {
			names[redisconf.Modern(m.Name)] = true
		}
	}
	return names
}

// sentinel is what the file says of how a primary is watched over.
func (f File) sentinel(m redisconf.Monitor) Sentinel {
	s := Sentinel{Address: f.Name, Primary: m.Address, Quorum: m.Quorum, DownAfter: m.DownAfter, FailoverTimeout: m.FailoverTimeout, ParallelSyncs: m.ParallelSyncs}
	if len(m.Peers) > 0 {
		s.Known = len(m.Peers) + 1
	}
	for _, address := range m.Replicas {
		s.Replicas = append(s.Replicas, SentinelReplica{Address: address, Priority: defaultPriority})
	}
	return s
}

// defaultPriority is the replica-priority that every server has unless it is told another.
const defaultPriority = 100
