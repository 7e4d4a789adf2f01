package checkup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func (i *Instance) clock(ctx context.Context) (vault.Finding, error) {
	last, err := i.Store.LastEvent(ctx)
	if err != nil {
		return vault.Finding{}, err
	}
	now := i.Now()
	if now.Year() < 2026 || last.Sub(now) > time.Minute {
		return bad("this machine's clock says %s, which is before the last thing written down here (%s): set the clock", now.UTC().Format(time.RFC3339), last.Format(time.RFC3339))
	}
	return good(now.UTC().Format(time.RFC3339))
}

func (i *Instance) seals(ctx context.Context) (vault.Finding, error) {
	c, err := i.Store.CheckSeals(ctx)
	if err != nil {
		return vault.Finding{}, err
	}
	if len(c.Broken) > 0 {
		return bad("some sealed values do not open; `strongroom key check` lists them")
	}
	return good(fmt.Sprintf("all %d sealed values open", c.Rows))
}

// read runs one read and returns what it found, or its error.
func (i *Instance) read(ctx context.Context, look func(*store.Tx) (vault.Finding, error)) (f vault.Finding, err error) {
	err = i.Store.Read(ctx, func(tx *store.Tx) (err error) {
		f, err = look(tx)
		return err
	})
	return f, err
}

func (i *Instance) people(ctx context.Context) (vault.Finding, error) {
	return i.read(ctx, func(tx *store.Tx) (vault.Finding, error) {
		admin, active := vault.RoleAdmin, vault.Active
		admins, err := tx.Users(ctx, vault.UserFilter{Role: &admin, State: &active}, vault.Cursor{}, 1000)
		bare := 0
		for _, u := range admins {
			has, err := tx.HasSecond(ctx, u.ID)
			if err != nil {
				return vault.Finding{}, err
			}
			if !has {
				bare++
			}
		}
		switch {
		case err != nil:
			return vault.Finding{}, err
		case len(admins) == 0:
			return advice("there is no administrator yet: register with the setup code that `strongroom init` prints")
		case len(admins) == 1:
			return advice("there is one administrator: name a second, so that nobody is locked out when the first is away")
		}
		if bare > 0 {
			return advice(fmt.Sprintf("%d of %d administrators have no second factor: they should set one up", bare, len(admins)))
		}
		return good(fmt.Sprintf("%d administrators, each with a second factor", len(admins)))
	})
}

func (i *Instance) signUps(context.Context) (vault.Finding, error) {
	if i.Config.SignUps.Open {
		return advice("SIGNUPS=open: everybody who reaches this server may make an account; invite people, or name mail domains")
	}
	if len(i.Config.SignUps.Domains) > 0 {
		return good("people with an address at " + strings.Join(i.Config.SignUps.Domains, ", ") + " may register")
	}
	return good("only who is invited may register")
}

func (i *Instance) nodes(ctx context.Context) (vault.Finding, error) {
	return i.read(ctx, func(tx *store.Tx) (vault.Finding, error) {
		ns, err := tx.Nodes(ctx)
		if err != nil {
			return vault.Finding{}, err
		}
		var silent []string
		versions := map[string]bool{}
		alive := 0
		for _, n := range ns {
			if !n.Alive(tx.Now) {
				silent = append(silent, n.Name)
				continue
			}
			alive++
			versions[n.Version+" "+n.Commit] = true
		}
		switch {
		case len(silent) > 0:
			return bad("%s fell silent without stopping: look whether it runs and reaches the database", strings.Join(silent, ", "))
		case len(versions) > 1:
			return advice(fmt.Sprintf("%d nodes run %d different versions: finish the upgrade", alive, len(versions)))
		}
		return good(fmt.Sprintf("%d up", alive))
	})
}

func (i *Instance) jobs(ctx context.Context) (vault.Finding, error) {
	return i.read(ctx, func(tx *store.Tx) (vault.Finding, error) {
		js, err := tx.Jobs(ctx)
		if err != nil {
			return vault.Finding{}, err
		}
		var failed []string
		for _, j := range js {
			if j.State == vault.JobFailed || j.Stuck(tx.Now) {
				failed = append(failed, j.Name)
			}
		}
		if len(failed) > 0 {
			return bad("the last run of %s failed: the node's log says why", strings.Join(failed, ", "))
		}
		return good(fmt.Sprintf("the last runs of all %d went well", len(js)))
	})
}

// oldBackup is when the last verified backup counts as old, unless they are made
// more seldom than that.
const oldBackup = 7 * 24 * time.Hour

func (i *Instance) backups(ctx context.Context) (vault.Finding, error) {
	b, err := i.Store.Backups(ctx)
	every := time.Duration(i.Config.BackupEvery) * time.Hour
	switch age := i.Now().Sub(b.Verified); {
	case err != nil:
		return vault.Finding{}, err
	case b.Made.IsZero():
		return advice("none was ever made: `strongroom backup FOLDER` makes one, BACKUP_EVERY makes them by the clock")
	case b.Verified.IsZero():
		return advice("none was ever read back: run `strongroom backup verify`")
	case age > max(oldBackup, 2*every):
		return advice(fmt.Sprintf("the last one that was read back whole is %d days old (%s): make one", int(age.Hours()/24), b.Verified.Format(time.RFC3339)))
	}
	return good("the last one that was read back whole is of " + b.Verified.Format(time.RFC3339))
}
