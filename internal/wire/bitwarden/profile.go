package bitwarden

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type profileJSON struct {
	ID            vault.UserID `json:"id"`
	Name          *string      `json:"name"`
	Email         string       `json:"email"`
	EmailVerified bool         `json:"emailVerified"`
	Premium       bool         `json:"premium"`
	PremiumOrg    bool         `json:"premiumFromOrganization"`
	Hint          *string      `json:"masterPasswordHint"`
	Culture       string       `json:"culture"`
	TwoFactor     bool         `json:"twoFactorEnabled"`
	Key           string       `json:"key"`
	PrivateKey    string       `json:"privateKey"`
	Keys          keysJSON     `json:"accountKeys"`
	Stamp         string       `json:"securityStamp"`
	Force         bool         `json:"forcePasswordReset"`
	Connector     bool         `json:"usesKeyConnector"`
	Avatar        *string      `json:"avatarColor"`
	Created       string       `json:"creationDate"`
	VerifyDevices bool         `json:"verifyDevices"`
	Organizations []struct{}   `json:"organizations"`
	Providers     []struct{}   `json:"providers"`
	ProviderOrgs  []struct{}   `json:"providerOrganizations"`
	Object        string       `json:"object"`
}

// profileOf says premium: it lets clients offer attachments, file Sends and
// one-time passwords, all of which are here.
func (d *Door) profileOf(u *vault.User, fs []*vault.Factor) profileJSON {
	none := []struct{}{}
	return profileJSON{ID: u.ID, Name: orNull(u.Name), Email: u.Email, EmailVerified: u.EmailVerified, Premium: true, TwoFactor: len(vault.Seconds(fs)) > 0, Hint: orNull(u.Hint),
		Culture: first(u.Culture, "en-US"), Key: u.ProtectedKey, PrivateKey: u.PrivateKey, Keys: keysOf(u), Stamp: u.Stamp, Avatar: orNull(u.Avatar),
		Created: when(u.CreatedAt), Organizations: none, Providers: none, ProviderOrgs: none, Object: "profile"}
}

func (d *Door) profileWith(ctx context.Context, c vault.Caller, u *vault.User) (any, error) {
	fs, err := d.Factors.List(ctx, c)
	if err != nil {
		return nil, err
	}
	return d.profileOf(u, fs), nil
}

func (d *Door) profile(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	u, err := d.Accounts.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	return d.profileWith(ctx, c, u)
}

func (d *Door) editProfile(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Name    *string `json:"name"`
		Hint    *string `json:"masterPasswordHint"`
		Culture *string `json:"culture"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return d.edit(ctx, c, func(u *vault.User) {
		if in.Name != nil {
			u.Name = *in.Name
		}
		if in.Hint != nil {
			u.Hint = *in.Hint
		}
		if in.Culture != nil {
			u.Culture = *in.Culture
		}
	})
}

func (d *Door) editAvatar(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Colour *string `json:"avatarColor"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return d.edit(ctx, c, func(u *vault.User) { u.Avatar = deref(in.Colour) })
}

func (d *Door) edit(ctx context.Context, c vault.Caller, edit func(*vault.User)) (any, error) {
	u, err := d.Accounts.Edit(ctx, c, vault.EventProfile, func(u *vault.User, _ time.Time) error { edit(u); return nil })
	if err != nil {
		return nil, err
	}
	return d.profileWith(ctx, c, u)
}
