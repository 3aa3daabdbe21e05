package check

import (
	"net"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// passwordsAgree is about the passwords of servers, and those that replicas and Sentinels come with. Which they are it never
// says.
func passwordsAgree(files []File) []Finding {
	var found []Finding
	asked := "" // the server that asks for a password
	for _, f := range files {
		if f.Sentinel {
			continue
		}
		own, _ := f.Config.Effective("requirepass")
		others, _ := f.Config.Effective("masterauth")
		switch {
		case (own == "" || others == "") && len(f.Config.Lines("include")) > 0:
			found = append(found, untold(f.Name, "a file that it includes may have the passwords, and was not looked at"))
		case own == "" && len(f.Config.Lines("user"))+len(f.Config.Lines("aclfile")) == 0:
			found = append(found, pass(f.Name, "it asks for no password"))
		case own == "":
			found = append(found, untold(f.Name, "its users are a matter of its rules, which are not looked at"))
		case others == "" && !takesPart(f, files):
			asked = f.Name
			found = append(found, warned(f.Name, "masterauth, with the password of the other servers, before there is a replica", "it asks for a password, and has none to log in with itself: that is right for as long as it has no replica"))
		case others == "":
			asked = f.Name
			found = append(found, broken(f.Name, "masterauth, with the password of the other servers", "it asks for a password, and has none to log in with itself: as a replica of the next primary it would be left behind"))
		case others != own:
			asked = f.Name
			found = append(found, warned(f.Name, "", "masterauth is another password than requirepass: that works only while no server takes over from another"))
		default:
			asked = f.Name
			found = append(found, pass(f.Name, "it asks for the password that it logs in with"))
		}
	}
	if asked == "" {
		return found
	}
	for _, f := range files {
		for _, m := range f.Config.Monitors() {
			if !f.Sentinel || m.Set["auth-pass"] {
				continue
			}
			found = append(found, broken(f.line(m.Line), "sentinel auth-pass "+m.Name+" PASSWORD", "it has no password for %s, and %s asks for one: the Sentinel would take it for down, and could promote nobody", m.Name, asked))
		}
	}
	return found
}

// takesPart tells whether the files speak of other servers beside one of theirs: it may become a replica then.
func takesPart(f File, files []File) bool {
	if len(files) > 1 {
		return true
	}
	of, _ := f.Config.Effective("replicaof")
	least, _ := f.Config.Effective("min-replicas-to-write")
	cluster, _ := f.Config.Effective("cluster-enabled")
	return of != "" && of != "no one" || least != "0" || cluster == "yes"
}

// commandsOfSentinel are those that a Sentinel sends to servers (sentinel.c).
var commandsOfSentinel = []string{"ping", "info", "publish", "subscribe", "config", "replicaof", "slaveof", "multi", "exec", "client", "script", "auth"}

func renamedCommands(files []File) []Finding {
	told := map[string]bool{} // that Sentinels know the new name of
	for _, f := range files {
		for _, d := range f.Config.Lines("sentinel") {
			if args := d.Args(); len(args) == 4 && strings.EqualFold(args[0], "rename-command") {
				told[strings.ToLower(args[2])] = true
			}
		}
	}
	var found []Finding
	for _, f := range files {
		if f.Sentinel {
			continue
		}
		renamed := f.Config.Lines("rename-command")
		if len(renamed) == 0 {
			found = append(found, pass(f.Name, "no command is renamed"))
		}
		for _, d := range renamed {
			found = append(found, f.renamed(d.Line, d.Args(), told))
		}
	}
	return found
}

// renamed is about one command that has another name, which is never said, or none.
func (f File) renamed(line int, args []string, told map[string]bool) Finding {
	if len(args) < 2 {
		return untold(f.line(line), "it does not say which")
	}
	name := strings.ToLower(args[0])
	shown := words.Clean(strings.ToUpper(name))
	switch {
	case !slices.Contains(commandsOfSentinel, name):
		return pass(f.line(line), "%s has another name or none; no failover needs it", shown)
	case args[1] != "" && told[name]:
		return pass(f.line(line), "%s has another name, which the Sentinel is told", shown)
	case args[1] == "":
		return broken(f.line(line), "", "%s is taken away, and a failover by Sentinel needs it", shown)
	}
	return broken(f.line(line), "sentinel rename-command NAME "+shown+" and its new name, in every sentinel.conf", "%s has another name, and a failover by Sentinel needs it", shown)
}

// listens is about the addresses that a server or a Sentinel listens at.
func listens(f File) []Finding {
	at, set := f.Config.Effective("bind")
	switch {
	case set && onlyHere(strings.Fields(at)):
		return []Finding{broken(f.Name, "", "bind %s: nobody on another machine can connect", words.Clean(at))}
	case f.shut():
		return []Finding{finding(NotApplicable, f.Name, "", "protected-mode lets in only its own machine until there is a password: what it listens at counts from then on")}
	case !set:
		return []Finding{pass(f.Name, "it listens at all addresses")}
	}
	return []Finding{pass(f.Name, "it listens at %s", words.Clean(at))}
}

// shut tells whether a server lets in nobody from elsewhere: in protected mode, and without passwords, also of files that it
// reads beside this one. A Sentinel is never in it.
func (f File) shut() bool {
	own, _ := f.Config.Effective("requirepass")
	protected, _ := f.Config.Effective("protected-mode")
	return !f.Sentinel && protected == "yes" && own == "" && len(f.Config.Lines("user")) == 0 && len(f.Config.Lines("include")) == 0 && len(f.Config.Lines("aclfile")) == 0
}

// onlyHere tells whether all addresses are of the machine itself. A - before one lets a server start without it.
func onlyHere(addresses []string) bool {
	for _, address := range addresses {
		if !loopback(strings.TrimPrefix(address, "-")) {
			return false
		}
	}
	return len(addresses) > 0
}

func sentinelWatches(files []File) []Finding {
	var found []Finding
	for _, f := range files {
		if !f.Sentinel {
			continue
		}
		monitors := f.Config.Monitors()
		if len(monitors) == 0 {
			found = append(found, broken(f.Name, "", "it watches over nothing: there is no line sentinel monitor that a Sentinel takes"))
		}
		for _, m := range monitors {
			host, _, err := net.SplitHostPort(m.Address)
			if err == nil && loopback(host) {
				found = append(found, broken(f.line(m.Line), "", "%s is at %s: other Sentinels and applications that are told so connect to their own machine", m.Name, m.Address))
				continue
			}
			found = append(found, pass(f.line(m.Line), "it watches over %s at %s: %s, %s, %s", m.Name, m.Address,
				chosen(m.Set["down-after-milliseconds"], "down after "+words.Rough(m.DownAfter)),
				chosen(m.Set["failover-timeout"], "failover-timeout "+words.Rough(m.FailoverTimeout)),
				chosen(m.Set["parallel-syncs"], words.Count(m.ParallelSyncs, "replica")+" at a time")))
		}
	}
	if found == nil {
		return notApplicable("no sentinel.conf was given")
	}
	return found
}

// chosen says of a value whether somebody chose it.
func chosen(set bool, text string) string {
	if set {
		return text
	}
	return text + " (not set: the default)"
}
