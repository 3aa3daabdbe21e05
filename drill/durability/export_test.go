package durability

// WorstOf is worstOf, for tests of it alone: what real servers lose is not for a test to choose.
var WorstOf = worstOf
