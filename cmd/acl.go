package cmd

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
)

func newACL(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:  "acl",
		Args: known,
		RunE: showHelp,
	}
	c.AddCommand(newACLProbe(p), newACLDrill(p), newACLCheck(p))
	return c
}

func newACLProbe(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "probe",
		Short: "Print the access rule for `probe`, `smoke` and `slots`",
		Example: `  aafailover acl probe
  aafailover acl probe --dataset --user watcher`,
	}
	f := addACL(c)
	dataset := c.Flags().Bool("dataset", false, "for probe with --dataset, which writes keys")
	writes := c.Flags().Bool("canary", false, "for probe with --canary, which writes keys")
	reads := c.Flags().Bool("vitals", false, "for probe with --vitals, which asks the servers how they are")
	return f.prints(c, p, func() region.Use {
		uses := region.ToProbe
		if *reads {
			uses |= region.ToRead
		}
		if *dataset {
			uses |= region.ToBeat
		}
		if *writes {
			uses |= region.ToCanary
		}
		return uses
	})
}

func newACLDrill(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "drill",
		Short:   "Print the access rule for `drill`",
		Example: "  aafailover acl drill --prefix rehearsal",
	}
	var manners drill.Manners
	f := addACL(c)
	c.Flags().StringVar((*string)(&manners.Fencing), "fencing", string(drill.NoFencing), "for drill with this --fencing")
	c.Flags().IntVar(&manners.Replicas, "wait", 0, "for drill with --wait, which asks replicas")
	c.AddCommand(newACLDrillApp(p))
	inside := c.Flags().Bool("topology", false, "for drill with --topology where a region is given, which asks servers for their roles")
	return f.prints(c, p, func() region.Use {
		uses := region.ToProbe | region.UsesFor(manners) | region.ToInspect
		if *inside {
			uses |= region.ToFailOver
		}
		return uses
	})
}

func newACLDrillApp(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "app",
		Short:   "Print the access rule for `drill app`, which reads the keys of a service and writes none",
		Example: "  aafailover acl drill app --user rehearsal",
	}
	return addACL(c).prints(c, p, func() region.Use { return region.ToProbe | region.ToVerify })
}

func newACLCheck(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "check",
		Short:   "Print the access rule for `check`",
		Example: "  aafailover acl check --user auditor",
	}
	return addACL(c).prints(c, p, func() region.Use { return region.ToCheck })
}

// aclFlags are the flags of each `acl` command.
type aclFlags struct {
	user, prefix string
	hash         bool
	output       *form
}

func addACL(c *cobra.Command) *aclFlags {
	c.Long = `Prints an ACL SETUSER for a user that may do what is needed and nothing else, and then one for each thing that it can do
without. Put a password in the place of PASSWORD. The lines are for redis-cli; a shell wants them in quotes. Redis Enterprise takes
the rules, from the first reset... on, as the ACL of a role.`
	c.Args = noArguments
	addSettings(c)
	f := &aclFlags{output: addOutput(c, asTable, asJSON)}
	flags := c.Flags()
	flags.StringVar(&f.user, "user", "aafailover", "`NAME` of the user")
	flags.StringVar(&f.prefix, "prefix", region.DefaultPrefix, "what all channels and keys begin with")
	flags.BoolVar(&f.hash, "hash", false, "read the password from standard input, and print its SHA-256 in its place")
	return f
}

// prints makes c print the access for the uses.
func (f *aclFlags) prints(c *cobra.Command, p Process, uses func() region.Use) *cobra.Command {
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if err := usage(errors.Join(config.CheckPrefix(f.prefix), checkUser(f.user))); err != nil {
			return err
		}
		password := ">PASSWORD"
		if f.hash {
			var err error
			if password, err = hashed(p.Stdin); err != nil {
				return usage(err)
			}
		}
		return f.print(p.Stdout, password, region.AccessFor(uses(), f.prefix))
	}
	return c
}

// checkUser refuses names that would be several words of the rule.
func checkUser(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return hint.Wrap(fmt.Errorf("the name of the user %q is empty, or has a space", name), "give --user one word")
	}
	return nil
}

// hashed returns a password as access rules take its hash.
func hashed(stdin io.Reader) (string, error) {
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", hint.Wrap(errors.New("there is no password on standard input"), "write it there: aafailover acl probe --hash < FILE")
	}
	sum := sha256.Sum256([]byte(line))
	return "#" + hex.EncodeToString(sum[:]), nil
}

// aclDocument is the result in JSON.
type aclDocument struct {
	Schema   string     `json:"schema"`
	User     string     `json:"user"`
	Prefix   string     `json:"prefix"`
	SetUser  string     `json:"setuser"`
	Rule     string     `json:"rule"`
	Optional []aclExtra `json:"optional"`
}

type aclExtra struct {
	SetUser string `json:"setuser"`
	Rule    string `json:"rule"`
	Gives   string `json:"gives"`
}

func (f *aclFlags) print(w io.Writer, password string, access region.Access) error {
	set := "ACL SETUSER " + f.user + " "
	d := aclDocument{Schema: "aafailover.acl/v1", User: f.user, Prefix: f.prefix, Rule: access.Rule(), Optional: []aclExtra{}}
	// What a user of this name could do before is taken away, so that the rule is all that it can.
	d.SetUser = set + "reset on " + password + " " + d.Rule
	for _, e := range access.Extras {
		rule := strings.Join(e.Rules, " ")
		d.Optional = append(d.Optional, aclExtra{SetUser: set + rule, Rule: rule, Gives: e.Gives})
	}
	if f.output.chosen == asJSON {
		return report.WriteJSON(w, d)
	}
	if _, err := fmt.Fprintf(w, "%s\n\noptional:\n", d.SetUser); err != nil {
		return err
	}
	for _, e := range d.Optional {
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", e.SetUser, e.Gives); err != nil {
			return err
		}
	}
	return nil
}
