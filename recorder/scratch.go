package recorder

// shortestPage and longestPage bound what a scratch grows by, in bytes.
const (
	shortestPage = 512
	longestPage  = 64 << 10
)

// scratch is room for texts that others point to. They stay where they are while it grows: what append leaves behind would live
// for as long as one text in it does, and is a multiple of the whole.
type scratch struct {
	page []byte // the newest
	size int    // bytes of all pages
}

// fit makes sure that so many bytes more lie together, and returns where they begin.
func (s *scratch) fit(n int) (from int) {
	if cap(s.page)-len(s.page) < n {
		s.page = make([]byte, 0, max(n, shortestPage, min(2*cap(s.page), longestPage)))
		s.size += cap(s.page)
	}
	return len(s.page)
}

// add adds a piece of what fits, and returns that as far as it has come.
func (s *scratch) add(from int, piece []byte) []byte {
	s.page = append(s.page, piece...)
	return s.page[from:]
}

// reset forgets all texts.
func (s *scratch) reset() { s.page, s.size = s.page[:0], cap(s.page) }
