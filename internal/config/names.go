package config

// Names returns the names of the regions that [Resolve] would return, the local one first, or else that it would return
// the lab. It is for whoever completes a command line that is not finished: nothing is set, no password is read, no
// command is run, and no name is looked up. Errors: as of Resolve, in what was looked at.
func Names(in Input) (names []string, lab bool, err error) {
	env, err := in.environment()
	if err != nil {
		return nil, false, err
	}
	file, err := in.load(env["config"])
	if err != nil {
		return nil, false, err
	}
	found, err := in.deployment(env, file)
	if err != nil {
		return nil, false, err
	}
	for _, r := range found.Regions {
		names = append(names, r.Name)
	}
	return names, found.Lab, nil
}
