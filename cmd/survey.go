package cmd

import (
	"context"
	"io"

	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/survey"
)

// survey asks all regions how they are sharded. The error is one of configuration that only a region could find; that a
// region cannot be asked is a part of the survey. What a REST API did not tell is said on stderr.
func (d *deployment) survey(ctx context.Context, stderr io.Writer) (*survey.Survey, error) {
	asking := progress(stderr, "asking %s how they are sharded", namesOf(d.regions))
	s, err := survey.Take(ctx, d.regions, d.options)
	asking.end()
	if err != nil {
		return nil, usage(err)
	}
	for _, err := range s.Unmanaged {
		if err != nil {
			complain(stderr, err, "")
		}
	}
	return s, nil
}

// complainOfSilence says of each region that did not tell its sharding why, and notes what was said.
func complainOfSilence(stderr io.Writer, d *deployment, s *survey.Survey, heard *complaints) {
	for i, err := range s.Failed {
		if err == nil {
			continue
		}
		complain(stderr, err, "")
		heard.known(d.regions[i].Name, region.CauseOf(err))
	}
}

// choosePubSub settles how messages are published where that is to be found out, and says what was found.
func (d *deployment) choosePubSub(ctx context.Context, stderr io.Writer, s *survey.Survey) error {
	if d.options.PubSub != region.Auto {
		return nil
	}
	trying := progress(stderr, "trying which way of pub/sub crosses between %s", namesOf(d.regions))
	choice, err := region.ChoosePubSub(ctx, d.regions, s.Maps, d.options)
	trying.end()
	if err != nil {
		return exit(exitInterrupted, err)
	}
	say(stderr, "pub/sub: %s", choice.Reason)
	d.options.PubSub, s.Options.PubSub = choice.Mode, choice.Mode
	return nil
}
