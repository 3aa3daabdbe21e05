package check

// managementRules are about what the REST API of Redis Enterprise says.
func managementRules() []Rule { return nil }
