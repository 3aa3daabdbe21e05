package redisconf

// Mistake is a line of a file of settings that a server refuses, or takes for something else than was meant.
type Mistake struct {
	Line int    // from 1
	Name string // of the directive
	// Text says what is wrong, without repeating what may be a secret; Fix what was probably meant.
	Text, Fix string
	// Answer is what a server of Redis 7.0 prints when it is started with the file; "": it takes the line.
	Answer string
}
