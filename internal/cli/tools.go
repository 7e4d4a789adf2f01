package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"strongroom/internal/generate"
)

func (a *app) dbCommand() *cobra.Command {
	db := &cobra.Command{Use: "db", Short: "Migrate the database, copy it, show its version, print grants"}
	db.AddCommand(a.copyCommand(), a.grantsCommand(),
		&cobra.Command{Use: "migrate", Short: "Bring the schema up to date", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				n, _, err := a.node(cmd.Context())
				if err != nil {
					return err
				}
				defer n.Close()
				have, _, err := n.Store.Version(cmd.Context())
				if err == nil {
					a.say("The schema is at version %d.", have)
				}
				return err
			}},
		&cobra.Command{Use: "version", Short: "Show the schema's version", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				st, _, err := a.look(cmd.Context())
				if err != nil {
					return err
				}
				defer st.Close()
				have, know, err := st.Version(cmd.Context())
				if err == nil {
					a.say("schema %d of %d", have, know)
				}
				return err
			}})
	return db
}

func (a *app) generateCommand() *cobra.Command {
	p := generate.DefaultPassword
	var words int
	cmd := &cobra.Command{Use: "generate", Short: "Generate a password or a passphrase", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			gen := p.Generate
			if words > 0 {
				gen = generate.Passphrase{Words: words, Separator: "-"}.Generate
			}
			s, err := gen()
			if err == nil {
				fmt.Fprintln(a.out, s)
			}
			return err
		}}
	f := cmd.Flags()
	f.IntVar(&p.Length, "length", p.Length, "6 to 128")
	f.BoolVar(&p.Special, "special", p.Special, "with special characters")
	f.BoolVar(&p.Upper, "upper", p.Upper, "with upper case letters")
	f.BoolVar(&p.Lower, "lower", p.Lower, "with lower case letters")
	f.BoolVar(&p.Digits, "digits", p.Digits, "with digits")
	f.IntVar(&p.MinDigits, "min-digits", 1, "at least so many digits")
	f.IntVar(&p.MinSpecial, "min-special", 1, "at least so many special characters")
	f.BoolVar(&p.ExcludeAmbiguous, "exclude-ambiguous", false, "without characters that look alike")
	f.IntVar(&words, "words", 0, "a passphrase of so many words instead (3 to 20)")
	return cmd
}
