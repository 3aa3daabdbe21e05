package config

import (
	"slices"
	"strings"
)

// What is given in the place of a region is mostly a URL that another program takes, or one that lost something on its
// way through a shell or a file. The advice below tells each of these apart by its form. It never repeats what was
// given: there may be a password in it.

const (
	severalHint     = "give each region a --region of its own; in AAFAILOVER_REGION a comma stands between them: us=redis://HOST:PORT,eu=redis://HOST:PORT"
	quotesHint      = "leave out the quotes: they became a part of the value, as they do in a file of variables (--env-file), and within other quotes"
	spaceHint       = "leave out the space: it became a part of the value"
	placeholderHint = "put the real host in the place of the variable: only a shell replaces one, and not within single quotes nor in a file"
	connStringHint  = "this is a connection string, as .NET takes it: write rediss://HOST:PORT?passwordEnv=VARIABLE, with the password in that variable, " +
		"or redis:// where it says ssl=False"
)

// clutterAdvice is the hint for a value with something around it, or around its URL, that belongs to a shell; "" for none.
func clutterAdvice(value string) string {
	_, url, _ := strings.Cut(value, "=")
	for _, text := range []string{value, url} {
		switch {
		case text == "":
		case strings.ContainsAny(text[:1]+text[len(text)-1:], "\"'`"), strings.HasPrefix(text, "“"), strings.HasSuffix(text, "”"):
			return quotesHint
		case strings.TrimSpace(text) != text, strings.Contains(value, " ="):
			return spaceHint
		}
	}
	return ""
}

// formAdvice is the hint for what has no "://", and should be the URL of the region of this name.
func formAdvice(name, raw string) string {
	lower := strings.ToLower(raw)
	switch {
	case strings.ContainsAny(raw, "$<{"):
		return placeholderHint
	case strings.Contains(lower, ",password=") || strings.Contains(lower, ",ssl="):
		return connStringHint
	case strings.HasPrefix(raw, "/"):
		return unixHint
	case strings.HasPrefix(lower, "redis:"), strings.HasPrefix(lower, "rediss:"), strings.HasPrefix(lower, "redis/"), strings.HasPrefix(lower, "rediss/"):
		return "a colon and two slashes stand before the host: redis://HOST:PORT, or rediss:// for TLS"
	}
	return "write redis:// in front of the host, or rediss:// for TLS: --region " + name + "=redis://HOST:PORT"
}

const unixHint = "regions are reached over TCP: give the host and the port at which the server listens, redis://HOST:PORT"

// schemeAdvice is the hint for a URL of another scheme, given in lower case.
func schemeAdvice(scheme string) string {
	switch {
	case strings.HasPrefix(scheme, "http"):
		return "give the endpoint of the database, as applications do: redis://HOST:PORT, or rediss:// for TLS; the REST API of a cluster (port 9443) goes to --api"
	case strings.Contains(scheme, "sentinel"):
		return discoveryHint
	case strings.Contains(scheme, "unix"), strings.Contains(scheme, "socket"):
		return unixHint
	case strings.HasPrefix(scheme, "jdbc:"):
		return "leave out jdbc: and write redis://HOST:PORT, or rediss:// for TLS"
	case strings.Contains(scheme, "cluster"):
		return "write redis://HOST:PORT with any node of the cluster, or rediss:// for TLS: whether it is a cluster is found out"
	case slices.Contains([]string{"tls", "ssl", "valkeys", "redis+tls", "redis+ssl", "redis-tls", "redis-ssl"}, scheme):
		return "write rediss://HOST:PORT, which stands for TLS"
	case scheme == "valkey", scheme == "tcp":
		return "write redis://HOST:PORT, or rediss:// for TLS"
	}
	return urlHint
}

// hostAdvice is the hint for a host or a port that is none; form is that for one with nothing around it.
func hostAdvice(host, form string) string {
	switch {
	case strings.ContainsAny(host, "$<{"):
		return placeholderHint
	case strings.ContainsAny(host, "\"'`“”"):
		return quotesHint
	case strings.TrimSpace(host) != host:
		return spaceHint
	}
	return form
}

// parameterAdvice holds what the parameters of other programs' URLs are here.
func parameterAdvice() map[string]string {
	return map[string]string{
		"ssl":      "the scheme asks for TLS: write rediss:// in the URL",
		"tls":      "the scheme asks for TLS: write rediss:// in the URL",
		"db":       "the number of the database stands behind the address: redis://HOST:PORT/2",
		"database": "the number of the database stands behind the address: redis://HOST:PORT/2",
		"user":     "the user stands in front of the address: redis://USER@HOST:PORT",
		"username": "the user stands in front of the address: redis://USER@HOST:PORT",
		"password": "name the variable or the file that the password is in: passwordEnv=VARIABLE, or passwordFile=PATH",
		"timeout":  "--timeout is for all regions",
	}
}

// regionKeyAdvice holds what keys that a region in a file might have are here, beside those of [parameterAdvice].
func regionKeyAdvice() map[string]string {
	return map[string]string{
		"host":     "host and port stand in the URL: `url: redis://HOST:PORT`",
		"port":     "host and port stand in the URL: `url: redis://HOST:PORT`",
		"address":  "the address stands in the URL: `url: redis://HOST:PORT`",
		"endpoint": "the endpoint stands in the URL: `url: redis://HOST:PORT`",
		"uri":      "did you mean url?",
		"password": "name the variable or the file that the password is in: `passwordEnv: VARIABLE`, or `passwordFile: PATH`",
	}
}
