package region

import "github.com/aafailover/aafailover/internal/config"

// Parse is the region of a name and a URL, as --region NAME=URL gives it: redis:// or rediss://, with user and password, or with passwordFile=…
// or passwordEnv=… in its query. It is for programs outside of this module, which have no other way to one. The error shows no password.
func Parse(name, url string) (config.Region, error) { return config.ParseRegionFlag(name + "=" + url) }
