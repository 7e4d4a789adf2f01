package server

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"strongroom/internal/cluster"
	"strongroom/internal/fault"
	"strongroom/internal/jobs"
	"strongroom/internal/vault"
)

// timed builds what Serve does by the clock.
func (n *Node) timed(o Options) {
	id := vault.NewID[vault.NodeID]()
	n.Member = &cluster.Member{Store: n.Store, Log: o.Log,
		Node: vault.Node{ID: id, Name: o.Name, Version: o.Version, Commit: o.Commit, System: runtime.GOOS + "/" + runtime.GOARCH}}
	n.Jobs = jobs.New(&cluster.Leases{Store: n.Store, Node: id}, o.Log,
		jobs.Audit(n.auditJob(o).Turn),
		jobs.Sessions(n.SignIn.Expire),
		jobs.Sends(n.Sends.Expire),
		jobs.Trash(o.Now, n.Items.EmptyTrash),
		jobs.Files(n.Files.Expire),
		jobs.Nodes(n.Admin.ForgetNodes),
		jobs.Invitations(n.Admin.ForgetInvitations),
	)
	n.Long = jobs.New(n.Jobs.Leases, o.Log, jobs.Seals(n.openSeals))
	if n.Backup != nil && o.Backups.Every > 0 {
		n.Long.Jobs = append(n.Long.Jobs, jobs.Backup(o.Backups.Every, n.Backup.Run))
	}
	n.Jobs.Watch, n.Long.Watch = n.Telemetry.Job, n.Telemetry.Job
	n.Admin.Jobs, n.Admin.Wake = map[string]string{}, func() { n.Jobs.Wake(); n.Long.Wake() }
	for _, j := range slices.Concat(n.Jobs.Jobs, n.Long.Jobs) {
		n.Admin.Jobs[j.Name] = j.About
	}
}

// PrepareJobs makes the rows of all of this program's jobs.
func (n *Node) PrepareJobs(ctx context.Context) error {
	return errors.Join(n.Jobs.Prepare(ctx), n.Long.Prepare(ctx))
}

// RunJob runs one job now, in this process; it is as jobs.Runner.Now.
func (n *Node) RunJob(ctx context.Context, name string) error {
	err := n.Jobs.Now(ctx, name)
	if errors.Is(err, vault.ErrJobNotFound) {
		return n.Long.Now(ctx, name)
	}
	return err
}

// errSeals is what a broken seal makes of the job that looks for it.
var errSeals = fault.New(fault.Internal, "seals-broken", "Some sealed values do not open: `strongroom key check` lists them.")

func (n *Node) openSeals(ctx context.Context) (string, error) {
	f := Checkup(n.settings.live.Now(), n.Store, n.settings.now, n.unseen(ctx)).Seals(ctx)
	if f.Level == vault.LevelFault {
		return "", errSeals.Saying("%s", f.Says)
	}
	return f.Says, nil
}

// findings is how the instance is, as this node sees it.
func (n *Node) findings(ctx context.Context) []vault.Finding {
	i := Checkup(n.settings.live.Now(), n.Store, n.settings.now, n.unseen(ctx))
	return append(i.Machine(ctx), i.Database(ctx)...)
}

// unseen words a check that could not look, and logs why: the words are for people
// who are not at the machine.
func (n *Node) unseen(ctx context.Context) func(error) string {
	return func(err error) string {
		n.log.WarnContext(ctx, "looking at the instance", "err", err)
		return "this could not be checked; the node's log has the reason"
	}
}

// measure adds the numbers of this node's parts to its metrics.
func (n *Node) measure() {
	for _, g := range []struct {
		name, help string
		read       func() float64
	}{
		{"live_connections", "Devices that are connected for notices.", func() float64 { return float64(n.Live.Count()) }},
		{"hashes_running", "Slow hashes and derivations that are running.", func() float64 { return float64(n.hasher.Running()) }},
		{"hashes_waiting", "Slow hashes and derivations that wait for a processor.", func() float64 { return float64(n.hasher.Waiting()) }},
		{"database_connections", "Connections to the database that are in use.", func() float64 { return float64(n.Store.InUse()) }},
	} {
		n.Telemetry.Gauge(g.name, g.help, g.read)
	}
}
