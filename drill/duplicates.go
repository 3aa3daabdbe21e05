package drill

// duplicates counts the operations that are there more than once, when there says
// which writes are. Each operation is the numbers that it was attempted with.
func duplicates(operations [][]int, there func(n int) bool) int {
	doubled := 0
	for _, numbers := range operations {
		found := 0
		for _, n := range numbers {
			if there(n) {
				found++
			}
		}
		if found > 1 {
			doubled++
		}
	}
	return doubled
}

// numbers returns, for each operation that was attempted with several numbers,
// all of them.
func (w *writer) numbers() [][]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([][]int, len(w.several))
	for i, o := range w.several {
		all[i] = append(append([]int{}, o.former...), o.n)
	}
	return all
}
