package region

import (
	"context"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// Examiner is one region that is examined before anything fails. It asks what ToCheck
// allows: nothing that changes anything, nothing that waits, and no key.
type Examiner struct {
	door *door
	list *list
}

// NewExaminer prepares an Examiner; it opens no connection.
func NewExaminer(r config.Region, o Options) *Examiner {
	door := newDoor(r, o)
	door.uses, door.showed = ToCheck, new(showed)
	return &Examiner{door: door, list: newList(door.prefix, checkRules.Get())}
}

// Discover reads which shard owns which slots; see [Discover].
func (e *Examiner) Discover(ctx context.Context) (slots.Map, error) { return e.door.discover(ctx) }

// Connect opens a connection to an address of the region. It takes Options.Timeout at
// the most for each step.
func (e *Examiner) Connect(ctx context.Context, address string) (*Examination, error) {
	c, taken, err := e.door.openBounded(ctx, address, e.list, vitalsBuffer)
	if err != nil {
		return nil, err
	}
	return &Examination{readerSession{c, vitals.ExaminedSettings()}, taken}, nil
}

// Used returns the address to connect to for one that a server or a sentinel of the
// region has told of another, by the rules of Options.Addresses.
func (e *Examiner) Used(told string) string {
	if len(e.door.region.Discovery) > 0 {
		return e.door.addresses.located(told)
	}
	return e.door.addresses.Used(told, e.door.region.Address)
}

// Chains are the certificates that the servers of the region have shown to this
// Examiner, each chain once.
func (e *Examiner) Chains() []Chain { return e.door.showed.all() }

// hashedSlots is of how many slots, spread evenly, it is asked where they come from.
const hashedSlots = 16

// hashed are the channels of which it is asked into which slots they hash.
func (d *door) hashed() []string {
	var names []string
	for i := range hashedSlots {
		names = append(names, slots.Channel(d.prefix, i*slots.Count/hashedSlots, d.region.Name))
	}
	return names
}

// untold is the field of a command that was refused.
func untold[T any](refusal error) vitals.Field[T] {
	if CauseOf(refusal) == probe.Permission {
		return vitals.Field[T]{Standing: vitals.NotAllowed}
	}
	return vitals.Field[T]{}
}
