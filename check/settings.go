package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
)

// The documents that the rules of files cite, beside those of durability.
const (
	sourceSettings     = "Redis, Configuration (https://redis.io/docs/latest/operate/oss_and_stack/management/config/)"
	sourceSentinelFile = "sentinel.conf of Redis 7.0 (https://raw.githubusercontent.com/redis/redis/7.0/sentinel.conf)"
)

// settingsRules are about files of settings: first whether a server takes them for what was meant, then what stands in them
// that a failover trips over.
func settingsRules() []Rule {
	return []Rule{
		{
			ID: "directives-known", Title: "every directive is one that the server knows", Group: Settings, Severity: Failure, Source: sourceSettings,
			Why:   "a server that finds a line which it does not know does not start; the next restart, which may be the one after a crash, is when that is noticed",
			Fix:   "write the directive by the name that the server knows",
			Judge: mistaken("every directive is known", redisconf.UnknownName),
		},
		{
			ID: "values-valid", Title: "every value is one that the server takes, and takes for what it says", Group: Settings, Severity: Failure, Source: sourceSettings,
			Why:   "a server does not start with a value that it does not take; one that it takes for another, such as a size without a unit, is noticed when it counts",
			Fix:   "give a value that the directive takes",
			Judge: mistaken("every value is taken as it is", redisconf.BadValue, redisconf.BadQuotes),
		},
		{
			ID: "comments-apart", Title: "comments stand on lines of their own", Group: Settings, Severity: Failure, Source: sourceSettings,
			Why:   "a server reads a comment behind a value as more words of the value: it does not start, or does something else",
			Fix:   "put the comment on the line above",
			Judge: mistaken("no comment stands behind a value", redisconf.CommentBehind),
		},
		{
			ID: "lines-agree", Title: "no line takes back another, and none is without effect", Group: Settings, Severity: Failure, Source: sourceSettings,
			Why:   "of a directive that is given twice only the last line counts: whoever reads the first believes something else",
			Fix:   "keep the line that is meant",
			Judge: mistaken("no line goes against another", redisconf.Contradiction),
		},
		{
			ID: "includes", Title: "no other file sets what is not seen here", Group: Settings, Severity: Warning, Source: sourceConf,
			Why:   "what an included file sets counts as if it stood in place of the include",
			Fix:   "check the settings of the running server instead: aafailover check --region",
			Judge: ofFiles(false, includes),
		},
		{
			ID: "passwords-agree", Title: "whoever takes part in a failover can log in", Group: Settings, Severity: Failure, Source: sourceConf,
			Why:   "after a failover the former primary is a replica: without masterauth it cannot log in to the new one, and a Sentinel without the password takes a healthy server for one that is down",
			Fix:   "set masterauth to the password that requirepass asks for, on all servers, and sentinel auth-pass on all Sentinels",
			Judge: withFiles(passwordsAgree),
		},
		{
			ID: "renamed-commands", Title: "the commands that a failover needs have their names", Group: Settings, Severity: Failure, Source: sourceSentinelFile,
			Why:   "a Sentinel promotes a replica by REPLICAOF and CONFIG REWRITE: where these are hidden from it, it finds the primary down and can do nothing",
			Fix:   "tell every Sentinel the new name by sentinel rename-command, or restrict users by ACL instead",
			Judge: withFiles(renamedCommands),
		},
		{
			ID: "listens-outside", Title: "servers and Sentinels listen to more than their own machine", Group: Settings, Severity: Failure, Source: sourceConf,
			Why:   "a server that listens at 127.0.0.1 alone has no replica, no Sentinel and no client elsewhere: nothing on another machine can take over",
			Fix:   "bind an address of the network that replicas and Sentinels share, and set a password",
			Judge: ofFiles(true, listens),
		},
		{
			ID: "sentinel-watches", Title: "the Sentinel watches over a primary, by an address that others can use", Group: Settings, Severity: Failure, Source: sourceSentinel,
			Why:   "a Sentinel tells clients and other Sentinels the address that it knows: 127.0.0.1 leads each of them to its own machine",
			Fix:   "sentinel monitor NAME ADDRESS PORT QUORUM, with the address that applications use",
			Judge: withFiles(sentinelWatches),
		},
	}
}

// line is a line of the file in a finding.
func (f File) line(n int) string {
	if n == 0 {
		return f.Name
	}
	return fmt.Sprintf("%s:%d", f.Name, n)
}

// withFiles makes a Judge that has nothing to look at where no files are.
func withFiles(judge func([]File) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, _ Target) []Finding {
		if len(f.Files) == 0 {
			return notApplicable("no file of settings was given")
		}
		return judge(f.Files)
	}
}

// ofFiles makes a Judge of what is said of each file, those of Sentinels with them or without.
func ofFiles(sentinels bool, judge func(File) []Finding) func(*Facts, Target) []Finding {
	return withFiles(func(files []File) []Finding {
		var found []Finding
		for _, f := range files {
			if sentinels || !f.Sentinel {
				found = append(found, judge(f)...)
			}
		}
		return found
	})
}

// mistaken makes a Judge of the mistakes of some kinds. good is what is said of a file without any.
func mistaken(good string, kinds ...redisconf.MistakeKind) func(*Facts, Target) []Finding {
	return ofFiles(true, func(f File) []Finding {
		var found []Finding
		for _, m := range f.Mistakes {
			if slices.Contains(kinds, m.Kind) {
				found = append(found, f.finding(m))
			}
		}
		if found == nil {
			return []Finding{pass(f.Name, "%s", good)}
		}
		return found
	})
}

// finding is a mistake as a rule says it.
func (f File) finding(m redisconf.Mistake) Finding {
	text := m.Text
	if m.Name != "" {
		text = m.Name + ": " + text
	}
	if m.Answer == "" {
		return warned(f.line(m.Line), m.Fix, "%s", text)
	}
	return broken(f.line(m.Line), m.Fix, "%s; a server stops here: %s", text, lastLine(m.Answer))
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

func includes(f File) []Finding {
	lines := f.Config.Lines("include")
	if len(lines) == 0 {
		return []Finding{pass(f.Name, "it includes no other file")}
	}
	var found []Finding
	for _, d := range lines {
		found = append(found, untold(f.line(d.Line), "it includes %s, which was not looked at: what %s does not set, that file may", words.Clean(d.Value), f.Name))
	}
	return found
}
