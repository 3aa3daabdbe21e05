package check

// durabilityRules are about what a failure inside one region takes.
func durabilityRules() []Rule { return nil }
