package drill

import "context"

// perform makes the steps with which a phase begins.
func (r *run) perform(ctx context.Context, phase string) error {
	var names []string
	for _, m := range r.Maps {
		names = append(names, m.Region)
	}
	for _, step := range r.Scenario.Steps {
		if step.Phase != phase || step.After > 0 {
			continue
		}
		actions, err := cast{regions: names, target: names[1]}.resolve(step.Action)
		if err != nil {
			return err
		}
		for _, a := range actions {
			if err := r.Fault.Do(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}
