package rest

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type nodeJSON struct {
	ID        vault.NodeID `json:"id" format:"uuid"`
	Name      string       `json:"name" example:"vault-1"`
	Version   string       `json:"version" example:"0.4.0"`
	Commit    string       `json:"commit" example:"33bc351a9f00"`
	System    string       `json:"system" example:"linux/amd64"`
	StartedAt time.Time    `json:"started_at"`
	SeenAt    time.Time    `json:"seen_at" doc:"When it last said that it is there; it does so every 15 seconds"`
	Alive     bool         `json:"alive" doc:"It said so within the last minute"`
}

type nodesOut struct{ Body []nodeJSON }

func (d *Door) nodes(ctx context.Context, c vault.Caller, _ *struct{}) (*nodesOut, error) {
	ns, now, err := d.Admin.Nodes(ctx, c)
	out := &nodesOut{Body: []nodeJSON{}}
	for _, n := range ns {
		out.Body = append(out.Body, nodeJSON{n.ID, n.Name, n.Version, n.Commit, n.System, n.StartedAt, n.SeenAt, n.Alive(now)})
	}
	return out, err
}

type jobJSON struct {
	Name      string       `json:"name" example:"trash"`
	About     string       `json:"about" example:"deletes what lay in the trash for 30 days"`
	State     string       `json:"state" enum:"waiting,running,done,failed,stuck" doc:"How the last run ended; stuck: its node fell silent before the end"`
	Node      vault.NodeID `json:"node" doc:"The node that has or had the last run; empty before the first"`
	StartedAt *time.Time   `json:"started_at"`
	EndedAt   *time.Time   `json:"ended_at" doc:"When the last run that came to its end did"`
	NextAt    *time.Time   `json:"next_at" doc:"null: as soon as a node looks"`
	Result    string       `json:"result" example:"12 removed"`
}

type jobsOut struct{ Body []jobJSON }

// maybe is a time that may not have been; JSON then says null.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (d *Door) jobs(ctx context.Context, c vault.Caller, _ *struct{}) (*jobsOut, error) {
	js, now, err := d.Admin.AllJobs(ctx, c)
	out := &jobsOut{Body: []jobJSON{}}
	for _, j := range js {
		state := j.State.String()
		if j.Stuck(now) {
			state = "stuck"
		}
		out.Body = append(out.Body, jobJSON{j.Name, d.Admin.Jobs[j.Name], state, j.Node, maybe(j.StartedAt), maybe(j.EndedAt), maybe(j.NextAt), j.Result})
	}
	return out, err
}

type jobIn struct {
	Name string `path:"name" maxLength:"40" doc:"The name of a job" example:"trash"`
}

type findingJSON struct {
	Check string `json:"check" example:"disk"`
	Level string `json:"level" enum:"good,advice,fault"`
	Says  string `json:"says" example:"/data has 5120 MiB free"`
}

type healthOut struct{ Body []findingJSON }

func (d *Door) health(ctx context.Context, c vault.Caller, _ *struct{}) (*healthOut, error) {
	fs, err := d.Admin.Findings(ctx, c)
	out := &healthOut{Body: []findingJSON{}}
	for _, f := range fs {
		out.Body = append(out.Body, findingJSON{f.Check, f.Level.String(), f.Says})
	}
	return out, err
}

type tableJSON struct {
	Name  string `json:"name" example:"items"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes" doc:"On the database's disk, indexes included"`
}

type takenJSON struct {
	User     vault.UserID `json:"id" format:"uuid"`
	Username string       `json:"username" example:"alice"`
	Items    int64        `json:"items"`
	Bytes    int64        `json:"bytes"`
}

type storageJSON struct {
	Tables          []tableJSON      `json:"tables" nullable:"false"`
	Items           map[string]int64 `json:"items" doc:"How many of each type: 1 login, 2 note, 3 card, 4 identity, 5 SSH key and so on"`
	Attachments     int64            `json:"attachments"`
	AttachmentBytes int64            `json:"attachment_bytes"`
	FileSends       int64            `json:"file_sends"`
	FileSendBytes   int64            `json:"file_send_bytes"`
	Unswept         int64            `json:"unswept" doc:"Files that the job is still to remove"`
	Largest         []takenJSON      `json:"largest" nullable:"false" doc:"The 20 people whose files take most"`
}

type storageOut struct{ Body storageJSON }

func (d *Door) storage(ctx context.Context, c vault.Caller, _ *struct{}) (*storageOut, error) {
	s, err := d.Admin.Storage(ctx, c)
	if err != nil {
		return nil, err
	}
	b := storageJSON{Tables: []tableJSON{}, Items: map[string]int64{}, Attachments: s.Attachments, AttachmentBytes: s.AttachedSize,
		FileSends: s.FileSends, FileSendBytes: s.SentSize, Unswept: s.Unswept, Largest: []takenJSON{}}
	for _, t := range s.Tables {
		b.Tables = append(b.Tables, tableJSON{t.Name, t.Rows, t.Bytes})
	}
	for kind, n := range s.Items {
		b.Items[itoa(int(kind))] = n
	}
	for _, x := range s.Largest {
		b.Largest = append(b.Largest, takenJSON{x.User, d.Names.Short(x.Email), x.Items, x.Bytes})
	}
	return &storageOut{b}, nil
}

func (d *Door) instanceRoutes() {
	register(d, route{method: "GET", path: "/admin/health", id: "admin-health", tag: "Administration", needs: vault.ReadInstance, status: 200, errors: []int{403},
		summary: "Show how the instance is, with advice", detail: "As the node that answers sees it: what `strongroom doctor` checks, but for opening every sealed value.",
		out: []findingJSON{{"people", "advice", "there is one administrator: name a second, so that nobody is locked out when the first is away"}}}, d.health)
	register(d, route{method: "GET", path: "/admin/storage", id: "admin-storage", tag: "Administration", needs: vault.ReadInstance, status: 200, errors: []int{403},
		summary: "Show what is stored", detail: "Rows and bytes of each table, items by type, files, and whose take most.",
		out: storageJSON{[]tableJSON{{"items", 212, 1 << 20}}, map[string]int64{"1": 200, "2": 12}, 4, 1 << 20, 1, 4096, 0, []takenJSON{{exampleUser.ID, "alice", 212, 1 << 20}}}}, d.storage)
	at := exampleUser.CreatedAt
	register(d, route{method: "GET", path: "/admin/nodes", id: "admin-list-nodes", tag: "Administration", needs: vault.ReadInstance, status: 200, errors: []int{403},
		summary: "List the nodes", detail: "The servers on this database, and for an hour those that went without a word. 500 at most.",
		out: []nodeJSON{{"c9bfa4d4-7f5c-4a65-9b0e-8a1c6a0e0a11", "vault-1", "0.4.0", "33bc351a9f00", "linux/amd64", at, at, true}}}, d.nodes)
	register(d, route{method: "GET", path: "/admin/jobs", id: "admin-list-jobs", tag: "Administration", needs: vault.ReadInstance, status: 200, errors: []int{403},
		summary: "List the jobs and their last results", detail: "Timed work that one node does for all.",
		out: []jobJSON{{"trash", "deletes what lay in the trash for 30 days", "done", "c9bfa4d4-7f5c-4a65-9b0e-8a1c6a0e0a11", &at, &at, &at, ""}}}, d.jobs)
	register(d, route{method: "POST", path: "/admin/jobs/{name}/run", id: "admin-run-job", tag: "Administration", needs: vault.ManageInstance, status: 202, errors: []int{403, 404, 409},
		summary: "Run a job now", detail: "Makes it due at once; a node runs it within seconds. The list of jobs shows how it went.", out: map[string]any{"detail": "The job is due now."}},
		func(ctx context.Context, c vault.Caller, in *jobIn) (*detailOut, error) {
			return detail("The job is due now."), d.Admin.RunJob(ctx, c, in.Name)
		})
}
