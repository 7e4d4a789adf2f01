// Package checkup is what makes an instance well: each check says what is wrong
// and what to do, once, for the command line (doctor), the API and the console. It
// must change nothing. Invariant: a finding quotes no secret.
package checkup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Instance is what is looked at. Store is nil when it did not open. Ends is when
// the certificate does; zero without one. Explain words an error that is not one
// of ours for whoever will read the findings.
type Instance struct {
	Config  *config.Config
	Store   *store.Store
	Ends    func() (time.Time, error)
	Now     func() time.Time
	Explain func(error) string
}

// check is one look at the instance. An error of type wrong is a finding, too;
// any other means that the check could not look.
type check struct {
	name string
	look func(*Instance, context.Context) (vault.Finding, error)
}

// Machine looks at what can be seen without the database.
func (i *Instance) Machine(ctx context.Context) []vault.Finding {
	return i.run(ctx, []check{{"keys", (*Instance).keys}, {"disk", (*Instance).disk}, {"certificate", (*Instance).certificate}, {"address", (*Instance).address}, {"mail", (*Instance).mail}})
}

// Database looks at the database and at what stands in it.
func (i *Instance) Database(ctx context.Context) []vault.Finding {
	return i.run(ctx, []check{{"clock", (*Instance).clock}, {"people", (*Instance).people}, {"sign-ups", (*Instance).signUps}, {"nodes", (*Instance).nodes}, {"jobs", (*Instance).jobs}, {"backup", (*Instance).backups}})
}

// Seals opens every sealed value: thorough, and slow where there are many.
func (i *Instance) Seals(ctx context.Context) vault.Finding {
	return i.run(ctx, []check{{"seals", (*Instance).seals}})[0]
}

func (i *Instance) run(ctx context.Context, checks []check) (fs []vault.Finding) {
	for _, c := range checks {
		f, err := c.look(i, ctx)
		var w wrong
		switch f.Check = c.name; {
		case errors.As(err, &w):
			f.Level, f.Says = vault.LevelFault, string(w)
		case err != nil:
			f.Level, f.Says = vault.LevelFault, i.Explain(err)
		}
		fs = append(fs, f)
	}
	return fs
}

// wrong says what is wrong and what to do, for the operator.
type wrong string

func (w wrong) Error() string { return string(w) }

func bad(format string, args ...any) (vault.Finding, error) {
	return vault.Finding{}, wrong(fmt.Sprintf(format, args...))
}

func good(says string) (vault.Finding, error) { return vault.Finding{Says: says}, nil }

func advice(says string) (vault.Finding, error) {
	return vault.Finding{Level: vault.LevelAdvice, Says: says}, nil
}
