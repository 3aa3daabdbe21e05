package redisconf

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// savePoints is the answer to the words of save: seconds and changes.
func savePoints(args []string) string {
	const refused = "Invalid save parameters"
	if len(args) == 1 && untilZero(args[0]) == "" {
		return ""
	}
	if len(args)%2 != 0 {
		return refused
	}
	for i, arg := range args {
		n, rest, _ := leadingInteger(arg, 10)
		if least := int64(1 - i%2); rest != "" || n < least {
			return refused
		}
	}
	return ""
}

// outputBufferLimits is the answer to classes of clients, each with a hard limit, a soft one, and its seconds.
func outputBufferLimits(args []string) string {
	const where = " in buffer limit configuration."
	if len(args)%4 != 0 {
		return "Wrong number of arguments" + where
	}
	for limit := range slices.Chunk(args, 4) {
		if !slices.Contains([]string{"normal", "slave", "replica", "pubsub"}, lower(untilZero(limit[0]))) {
			return "Invalid client class specified" + where
		}
		_, hard := bytesOf(limit[1])
		_, soft := bytesOf(limit[2])
		seconds, rest, _ := leadingInteger(limit[3], 10)
		if !hard || !soft || rest != "" || asInt(seconds) < 0 {
			return "Error in hard, soft or soft_seconds setting" + where
		}
	}
	return ""
}

// oomScores is the answer to the scores of a primary, a replica and a child.
func oomScores(args []string) string {
	if len(args) != 3 {
		return answerArguments
	}
	for _, arg := range args {
		if n, rest, _ := leadingInteger(arg, 10); rest != "" || n < -2000 || n > 2000 {
			return "Invalid oom-score-adj-values, elements must be between -2000 and 2000."
		}
	}
	return ""
}

func eventClasses(args []string) string {
	const known = "Ag$lshzxeKEtmdn"
	if strings.Trim(untilZero(args[0]), known) != "" {
		return "Invalid event class character. Use '" + known + "'."
	}
	return ""
}

func bindAddresses(args []string) string {
	const most = 16
	if len(args) > most {
		return "Too many bind addresses specified."
	}
	return ""
}

func primaryAddress(args []string) string {
	if len(args) != 2 {
		return answerArguments
	}
	if lower(untilZero(args[0])) == "no" && lower(untilZero(args[1])) == "one" {
		return ""
	}
	if port, rest, _ := leadingInteger(args[1], 10); rest != "" || asInt(port) < 0 || asInt(port) > 65535 {
		return "Invalid master port"
	}
	return ""
}

func percentiles(args []string) string {
	if len(args) == 1 && args[0] == "" {
		return ""
	}
	for _, arg := range args {
		if strings.HasPrefix(lower(arg), "0x") && !strings.Contains(lower(arg), "p") {
			arg += "p0" // C does without
		}
		switch p, err := strconv.ParseFloat(arg, 64); {
		case err != nil || math.IsNaN(p) || strings.Contains(arg, "_"):
			return "Invalid latency-tracking-info-percentiles parameters"
		case p < 0 || p > 100:
			return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
		}
	}
	return ""
}

func shutdownOptions(args []string) string {
	known := []string{"default", "save", "nosave", "now", "force"}
	var given []string
	for _, arg := range args {
		given = append(given, lower(untilZero(arg)))
	}
	switch {
	case len(given) == 0 || slices.ContainsFunc(given, func(word string) bool { return !slices.Contains(known, word) }):
		return "argument(s) must be one of the following: " + strings.Join(known, ", ")
	case slices.Contains(given, "save") && slices.Contains(given, "nosave"):
		return "shutdown options SAVE and NOSAVE can't be used simultaneously"
	}
	return ""
}

// isPath tells whether a value is more than the name of a file.
func isPath(value string) bool { return strings.ContainsAny(untilZero(value), `/\`) }

func snapshotName(args []string) string {
	if isPath(args[0]) {
		return "dbfilename can't be a path, just a filename"
	}
	return ""
}

func logName(args []string) string {
	switch {
	case untilZero(args[0]) == "":
		return "appendfilename can't be empty"
	case isPath(args[0]):
		return "appendfilename can't be a path, just a filename"
	}
	return ""
}

func folderName(args []string) string {
	switch {
	case untilZero(args[0]) == "":
		return "appenddirname can't be empty"
	case isPath(args[0]):
		return "appenddirname can't be a path, just a dirname"
	}
	return ""
}

func announcedName(args []string) string {
	const most = 256
	name := untilZero(args[0])
	if len(name) >= most {
		return "Hostnames must be less than 256 characters"
	}
	const known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
	if strings.Trim(name, known) != "" {
		return "Hostnames may only contain alphanumeric characters, hyphens or dots"
	}
	return ""
}

// titleTemplate is the answer to a template of the name of the process, whose variables stand in braces, and { as {{. It must
// come to something before the server knows its title, its mode and its socket.
func titleTemplate(args []string) string {
	const refused = "template format is invalid or contains unknown variables"
	empty := map[string]bool{"title": true, "server-mode": true, "unixsocket": true, "listen-addr": false, "port": false, "tls-port": false, "config-file": false}
	var b strings.Builder
	rest := strings.ReplaceAll(untilZero(args[0]), "{{", "x")
	for {
		plain, after, more := strings.Cut(rest, "{")
		b.WriteString(plain)
		if !more {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		isEmpty, known := empty[name]
		if !closed || !known {
			return refused
		}
		if !isEmpty {
			b.WriteString(name)
		}
		rest = next
	}
	if strings.Trim(b.String(), blanks) == "" {
		return refused
	}
	return ""
}
