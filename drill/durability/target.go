package durability

import "time"

// Standing is how a configuration stands to a target for the RPO, in all of its
// rows that could be measured.
type Standing struct {
	Configuration string
	Given         bool
	Rows          []RowStanding // in the order of the matrix
}

// RowStanding is how one row stands to a target.
type RowStanding struct {
	Row *Row
	// Promised and Measured say that no more than the target is lost; Measured is
	// false where nothing was measured, or not one write was confirmed that could
	// have been lost.
	Promised, Measured bool
}

// Met tells whether the row keeps to the target, by its promise and by what was
// measured here: either alone is not enough, since one run is one draw.
func (s RowStanding) Met() bool { return s.Promised && s.Measured }

// Met tells whether a configuration keeps to the target in every one of its rows.
func (s Standing) Met() bool {
	for _, row := range s.Rows {
		if !row.Met() {
			return false
		}
	}
	return len(s.Rows) > 0
}

// Missed tells whether a row is known not to keep to the target.
func (s Standing) Missed() bool {
	for _, row := range s.Rows {
		if !row.Promised || row.Row.Measured() && !row.Measured {
			return true
		}
	}
	return false
}

// Proven tells whether all rows of the configuration could be measured.
func (s Standing) Proven() bool {
	for _, row := range s.Rows {
		if !row.Row.Measured() {
			return false
		}
	}
	return len(s.Rows) > 0
}

// Stand returns how the configurations stand to a target, in the order of the
// rows. Rows in which nothing crashes have no part in it.
func Stand(rows []Row, target time.Duration) []Standing {
	var all []Standing
	place := make(map[string]int)
	for i := range rows {
		row := &rows[i]
		if row.Crash == NoCrash {
			continue
		}
		at, known := place[row.Configuration]
		if !known {
			at = len(all)
			place[row.Configuration] = at
			all = append(all, Standing{Configuration: row.Configuration, Given: row.Given})
		}
		all[at].Rows = append(all[at].Rows, RowStanding{
			Row: row, Promised: row.Promise.Meets(target),
			Measured: row.Measured() && row.Writes.Confirmed() > 0 && row.Loss.RPO <= target,
		})
	}
	return all
}
