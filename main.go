// Command aafailover rehearses and watches client-side geographic failover for Active-Active Redis deployments.
package main

import (
	"os"

	"github.com/aafailover/aafailover/cmd"
)

func main() { os.Exit(cmd.Main()) }
