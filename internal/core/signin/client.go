package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"strongroom/internal/fault"
	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// An official client's session carries no half of a key: its device decrypts.
// Its refresh token stays the same, because a client that runs twice (a phone's
// autofill, two shells) would lose a rotating one.

// KDF returns how email's master key is derived. A stranger gets an answer that
// never changes, of the kinds that accounts here have.
func (s *Service) KDF(ctx context.Context, c vault.Caller, email string) (kdf vault.KDF, salt string, err error) {
	if _, err := s.Limiter.Try(ctx, vault.Guess{Place: vault.PlacePrelogin, Account: email, Address: c.Address}); err != nil {
		return kdf, "", err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(ctx, email)
		if err == nil {
			kdf, salt = u.KDF, u.Salt
		}
		return err
	})
	if errors.Is(err, vault.ErrUserNotFound) {
		kdf = vault.KDF{Type: 0, Iterations: 600_000}
		if s.Signer.Stable("kdf "+email)%3 == 0 {
			kdf = vault.KDF{Type: 1, Iterations: 4, Memory: 32, Parallelism: 4}
		}
		return kdf, email, nil
	}
	return kdf, salt, err
}

// SignIn opens a session for an official client. What is wrong about name or
// proof is vault.ErrSignInWrong.
func (s *Service) SignIn(ctx context.Context, in vault.ClientSignIn) (*vault.Grant, error) {
	if err := in.Device.Check(); err != nil {
		return nil, err
	}
	in.Attempt.Device = in.Device.Identifier // of a device that is known, both steps count by themselves
	var g vault.Grant
	u, err := s.FirstOf(ctx, in, &g)
	if err != nil {
		return nil, err
	}
	v, err := s.Factors.Check(ctx, u, in.Attempt)
	if err != nil {
		return nil, err
	}
	g.User, g.Tokens.Remember, g.Shown = v.User, v.Remember, g.Request == nil
	return &g, s.openClient(ctx, &g, in)
}

// FirstOf checks what comes before the second factor: a password, or in its place
// an approved request, which g then names. It opens nothing.
func (s *Service) FirstOf(ctx context.Context, in vault.ClientSignIn, g *vault.Grant) (u *vault.User, err error) {
	if in.Request == "" {
		return s.First(ctx, in.Attempt)
	}
	u, g.Request, err = s.approved(ctx, in)
	return u, err
}

// SignInPasskey is SignIn with a passkey in place of the password and the second
// factor.
func (s *Service) SignInPasskey(ctx context.Context, in vault.ClientSignIn) (*vault.Grant, error) {
	if err := in.Device.Check(); err != nil {
		return nil, err
	}
	in.Attempt.Device = in.Device.Identifier
	v, err := s.Factors.Passkey(ctx, in.Attempt)
	if err != nil {
		return nil, err
	}
	g := vault.Grant{User: v.User, Passkey: v.Passkey, Shown: true}
	return &g, s.openClient(ctx, &g, in)
}

// SignInAPI is SignIn with an account's API key in place of the password. It
// gives no refresh token: the key is shown again each time.
func (s *Service) SignInAPI(ctx context.Context, id vault.UserID, in vault.ClientSignIn) (*vault.Grant, error) {
	if err := in.Device.Check(); err != nil {
		return nil, err
	}
	var g vault.Grant
	err := s.Limiter.Judge(ctx, vault.Guess{Place: vault.PlaceAPIKey, Account: string(id), Address: in.Address, Device: in.Device.Identifier}, func(ctx context.Context) (err error) {
		g.User, err = s.verifyAPI(ctx, id, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.openClient(ctx, &g, in)
	g.Tokens.Refresh = ""
	return &g, err
}

func (s *Service) verifyAPI(ctx context.Context, id vault.UserID, in vault.ClientSignIn) (u *vault.User, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, id)
		return err
	})
	if fault.Of(err, fault.NotFound) || !vault.ValidID(id) {
		return nil, s.failed(ctx, in.Attempt, "")
	}
	if err != nil {
		return nil, err
	}
	key := u.APIKey.Reveal()
	if key == "" || subtle.ConstantTimeCompare([]byte(key), []byte(in.Proof)) != 1 {
		return nil, s.failed(ctx, in.Attempt, u.ID)
	}
	if u.State != vault.Active {
		return nil, vault.ErrUserSuspended
	}
	return u, nil
}

// sessionsPerDevice: a client that signs in again (with an API key: each hour) may
// still be using its last token in another request.
const sessionsPerDevice = 4

func (s *Service) openClient(ctx context.Context, g *vault.Grant, in vault.ClientSignIn) error {
	refresh := token.NewOpaque(token.RefreshPrefix)
	ses := &vault.Session{ID: vault.NewID[vault.SessionID](), User: g.User.ID, Door: vault.DoorBitwarden, Client: clip(in.Client, 200),
		Address: in.Address, Named: in.Device.Identifier}
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, g.User.ID)
		if err != nil {
			return err
		}
		if u.Epoch != g.User.Epoch || u.State != vault.Active { // changed since the proof was checked
			return vault.ErrSignInWrong
		}
		if g.Request != nil {
			if err := tx.UseAuthRequest(ctx, g.Request.ID); err != nil {
				return err
			}
		}
		d, fresh, err := s.device(ctx, tx, u, in.Device)
		if err != nil {
			return err
		}
		g.Fresh = fresh
		ses.Epoch, ses.Device, ses.ExpiresAt = u.Epoch, d.ID, tx.Now.Add(vault.IdleOf(in.Client))
		if g.Shown {
			ses.ProvenAt = tx.Now
		}
		if err := tx.TrimDeviceSessions(ctx, u.ID, d.ID, sessionsPerDevice-1); err != nil {
			return err
		}
		if err := tx.InsertSession(ctx, ses, refresh); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: u.ID, Actor: u.ID, Subject: string(ses.ID), Door: ses.Door, Address: in.Address, Device: in.Device.Identifier})
	})
	if err == nil {
		err = s.Limiter.Welcome(ctx, ses.User, in.Address)
	}
	if err != nil {
		return err
	}
	if g.Fresh {
		s.Mail.Later(g.User.Email, mail.NewDevice(in.Device.Name, in.Address, s.Now()))
	}
	remember := g.Tokens.Remember
	g.Tokens, err = s.clientTokens(ses, g.User, in.Device.Type, refresh)
	g.Tokens.Remember = remember
	return err
}

// device finds the device that signs in or adds it; the one that was unused
// longest makes room.
func (s *Service) device(ctx context.Context, tx *store.Tx, u *vault.User, in vault.Device) (*vault.Device, bool, error) {
	d, err := tx.DeviceNamed(ctx, u.ID, in.Identifier)
	if err == nil {
		d.Name, d.Type, d.LastUsedAt = in.Name, in.Type, tx.Now
		if in.PushToken != "" {
			d.PushToken = in.PushToken
		}
		return d, false, tx.UpdateDevice(ctx, d)
	}
	if !errors.Is(err, vault.ErrDeviceNotFound) {
		return nil, false, err
	}
	have, err := tx.Devices(ctx, u.ID)
	if err != nil {
		return nil, false, err
	}
	if len(have) >= vault.MaxDevices {
		if err := tx.DeleteDevice(ctx, u.ID, have[len(have)-1].ID); err != nil {
			return nil, false, err
		}
	}
	in.ID, in.User, in.Keys = vault.NewID[vault.DeviceID](), u.ID, vault.DeviceKeys{}
	return &in, len(have) > 0, tx.InsertDevice(ctx, &in)
}

// clientTokens makes what a client reads in its token, too: the claims of PROTOCOL.md 4.4.
func (s *Service) clientTokens(ses *vault.Session, u *vault.User, deviceType int, refresh string) (vault.Tokens, error) {
	now := s.Now()
	access, err := s.Signer.Sign(token.AudienceBW, token.Claims{Subject: string(u.ID), Session: string(ses.ID), Epoch: ses.Epoch,
		Issued: now, Expires: now.Add(vault.AccessLife), Public: map[string]any{
			"auth_time": ses.CreatedAt.Unix(), "idp": "bitwarden", "client_id": ses.Client, "scope": []string{"api", "offline_access"},
			"amr": []string{"Application"}, "jti": vault.NewID[string](), "email": u.Email, "email_verified": u.EmailVerified, "name": u.Name,
			"premium": true, "sstamp": u.Stamp, "device": ses.Named, "devicetype": deviceType}})
	return vault.Tokens{Access: access, Refresh: refresh, Life: vault.AccessLife, Session: ses.ID}, err
}

// RefreshClient gives an official client a new access token; a dead refresh
// token is vault.ErrSignedOut.
func (s *Service) RefreshClient(ctx context.Context, c vault.Caller, refresh string) (g *vault.Grant, err error) {
	err = s.Limiter.Watch(ctx, vault.Guess{Place: vault.PlaceRefresh, Address: c.Address}, func(ctx context.Context) (err error) {
		g, err = s.refreshClient(ctx, refresh)
		return err
	})
	return g, err
}

func (s *Service) refreshClient(ctx context.Context, refresh string) (*vault.Grant, error) {
	if !strings.HasPrefix(refresh, token.RefreshPrefix) || strings.Contains(refresh, ".") || len(refresh) > 256 {
		return nil, vault.ErrSignedOut
	}
	var g vault.Grant
	var ses *vault.Session
	var kind int
	err := s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		if ses, _, err = tx.SessionByRefresh(ctx, refresh); err != nil {
			return err
		}
		if g.User, err = tx.User(ctx, ses.User); err != nil {
			return err
		}
		if ses.Door != vault.DoorBitwarden {
			return vault.ErrSignedOut
		}
		if err := ses.Live(g.User, tx.Now); err != nil {
			return err
		}
		d, err := tx.Device(ctx, ses.User, ses.Device)
		if err != nil {
			return err
		}
		kind, d.LastUsedAt = d.Type, tx.Now
		if err := tx.UpdateDevice(ctx, d); err != nil {
			return err
		}
		ses.ExpiresAt = tx.Now.Add(vault.IdleOf(ses.Client))
		return tx.UseSession(ctx, ses)
	})
	if fault.Of(err, fault.NotFound) {
		err = vault.ErrSignedOut
	}
	if err != nil {
		return nil, err
	}
	g.Tokens, err = s.clientTokens(ses, g.User, kind, refresh)
	return &g, err
}

// ClientCaller finds out whose token of the Bitwarden door this is. Anything
// dead, or of another door, is vault.ErrSignedOut.
func (s *Service) ClientCaller(ctx context.Context, bearer, address string) (vault.Caller, error) {
	claims, err := s.Signer.Verify(token.AudienceBW, bearer, s.Now())
	if err != nil {
		return vault.Caller{}, vault.ErrSignedOut
	}
	var c vault.Caller
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		ses, u, err := tx.SessionAndUser(ctx, vault.SessionID(claims.Session))
		if err != nil {
			return err
		}
		if string(ses.User) != claims.Subject || claims.Epoch > ses.Epoch || ses.Door != vault.DoorBitwarden {
			return vault.ErrSignedOut
		}
		c = vault.Caller{User: u.ID, Role: u.Role, Door: ses.Door, Session: ses.ID, Address: address, Device: ses.Named, Changed: u.Changed, Proven: ses.ProvenAt}
		return s.live(ctx, tx, &c, ses.Live(u, tx.Now))
	})
	return s.found(c, err)
}
