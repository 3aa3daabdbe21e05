package check

// settingsRules are about files of settings.
func settingsRules() []Rule { return nil }
