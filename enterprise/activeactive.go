package enterprise

import (
	"context"
	"net/url"

	"github.com/aafailover/aafailover/vitals"
)

// ActiveActive is an Active-Active database as one of its clusters describes it.
// https://redis.io/docs/latest/operate/rs/references/rest-api/objects/crdb
type ActiveActive struct {
	GUID string
	Name vitals.Field[string]
	// Instances are its regions.
	Instances vitals.Field[[]Instance]
	// Featureset and Protocol are versions that all regions have to agree on.
	Featureset, Protocol vitals.Field[int64]
}

// Instance is one region of an Active-Active database.
type Instance struct {
	ID      string // the ReplicaID of its database
	Cluster string // name of the cluster that it is in
}

// ActiveActives lists the Active-Active databases that have a region in the cluster. Errors: *Error.
func (c *Client) ActiveActives(ctx context.Context) ([]ActiveActive, error) {
	type instance struct {
		ID      loose `json:"id"`
		Cluster struct {
			Name loose `json:"name"` // besides it stands how to log in there
		} `json:"cluster"`
	}
	var list []struct {
		GUID       loose             `json:"guid"`
		Name       loose             `json:"name"`
		Instances  several[instance] `json:"instances"`
		Featureset loose             `json:"featureset_version"`
		Protocol   loose             `json:"protocol_version"`
	}
	fields := url.Values{"fields": {"guid,name,instances,featureset_version,protocol_version"}}
	hidden, err := c.get(ctx, "ask for its Active-Active databases", "/v1/crdbs", fields, &list)
	if err != nil {
		return nil, err
	}
	found := make([]ActiveActive, len(list))
	for i, one := range list {
		found[i] = ActiveActive{GUID: hidden.text(one.GUID.text), Name: hidden.field(one.Name), Featureset: one.Featureset.number(), Protocol: one.Protocol.number()}
		found[i].Instances = fieldOf(one.Instances, func(x instance) Instance { return Instance{uidOf(x.ID), hidden.text(x.Cluster.Name.text)} })
	}
	return found, nil
}
