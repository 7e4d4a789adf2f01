package rest

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type settingJSON struct {
	Name    string       `json:"name" example:"SIGNUPS"`
	Value   string       `json:"value" example:"example.com" doc:"As it stands on the node that answers; secrets show as [redacted]"`
	From    string       `json:"from" enum:"flag,environment,.env,administrator,default" example:"administrator" doc:"Where the value comes from"`
	Default string       `json:"default" example:"invite"`
	About   string       `json:"about"`
	Open    bool         `json:"open" doc:"An administrator may set it; otherwise something that goes first does, or it is the machine's owner's alone"`
	Choices []string     `json:"choices" nullable:"false" doc:"The values that there are; empty for any text"`
	Kept    string       `json:"kept" doc:"What an administrator set, also while it does not count"`
	KeptBy  vault.UserID `json:"kept_by" doc:"Who did; machine for the command line"`
	KeptAt  *time.Time   `json:"kept_at"`
}

func settingOf(s *vault.Setting) settingJSON {
	return settingJSON{s.Name, s.Value, s.From, s.Default, s.Doc, s.Open, append([]string{}, s.Choices...), s.Kept.Value, s.Kept.By, maybe(s.Kept.At)}
}

type (
	settingsOut struct{ Body []settingJSON }
	settingOut  struct{ Body settingJSON }
	settingIn   struct {
		Name string `path:"name" maxLength:"40" example:"SIGNUPS"`
	}
	settingPut struct {
		Name string `path:"name" maxLength:"40" example:"SIGNUPS"`
		Body struct {
			Value string `json:"value" maxLength:"4096" example:"example.com"`
		}
	}
	mailTestIn struct {
		Body struct {
			To string `json:"to" maxLength:"254" example:"alice@example.com"`
		}
	}
)

func (d *Door) settings(ctx context.Context, c vault.Caller, _ *struct{}) (*settingsOut, error) {
	all, err := d.Admin.AllSettings(ctx, c)
	out := &settingsOut{Body: []settingJSON{}}
	for _, s := range all {
		out.Body = append(out.Body, settingOf(&s))
	}
	return out, err
}

func (d *Door) putSetting(ctx context.Context, c vault.Caller, in *settingPut) (*settingOut, error) {
	s, err := d.Admin.Set(ctx, c, in.Name, in.Body.Value)
	if err != nil {
		return nil, err
	}
	return &settingOut{settingOf(s)}, nil
}

func (d *Door) unsetSetting(ctx context.Context, c vault.Caller, in *settingIn) (*settingOut, error) {
	s, err := d.Admin.Unset(ctx, c, in.Name)
	if err != nil {
		return nil, err
	}
	return &settingOut{settingOf(s)}, nil
}

func (d *Door) settingRoutes() {
	at := exampleUser.CreatedAt
	example := settingJSON{"SIGNUPS", "example.com", "administrator", "invite", "Who may make an account by themselves.", true, []string{}, "example.com", exampleUser.ID, &at}
	register(d, route{method: "GET", path: "/admin/settings", id: "admin-list-settings", tag: "Administration", needs: vault.ReadInstance, status: 200, errors: []int{403},
		summary: "List the instance's settings", detail: "A flag goes before the environment, that before `.env`, that before what an administrator set, that before the default.",
		out: []settingJSON{example}}, d.settings)
	register(d, route{method: "PUT", path: "/admin/settings/{name}", id: "admin-set", tag: "Administration", needs: vault.ManageInstance, status: 200, errors: []int{403, 404, 409},
		summary: "Set a setting for all nodes", detail: "Takes effect on this node at once and on others within seconds. What a flag, the environment or `.env` sets, or the machine's owner alone may set, is refused.",
		in: map[string]any{"value": "example.com"}, out: example}, d.putSetting)
	register(d, route{method: "DELETE", path: "/admin/settings/{name}", id: "admin-unset", tag: "Administration", needs: vault.ManageInstance, status: 200, errors: []int{403, 404},
		summary: "Take a setting back to its default", out: example}, d.unsetSetting)
	register(d, route{method: "POST", path: "/admin/mail-test", id: "admin-test-mail", tag: "Administration", needs: vault.ManageInstance, status: 200, errors: []int{403},
		summary: "Send a test letter", detail: "Waits until the mail server took it. When it did not, `errors[]` says what it answered.",
		in: map[string]any{"to": "alice@example.com"}, out: map[string]any{"detail": "The mail server took the letter."}},
		func(ctx context.Context, c vault.Caller, in *mailTestIn) (*detailOut, error) {
			return detail("The mail server took the letter."), d.Admin.TestMail(ctx, c, in.Body.To)
		})
}
