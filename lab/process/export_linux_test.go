package process

// ParseStat returns of a process what is told by its file in /proc.
func ParseStat(text []byte) (group int, start int64, dead bool, err error) {
	m, err := parseStat(text)
	return m.group, m.start, m.dead, err
}
