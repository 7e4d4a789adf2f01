package account

import (
	"context"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Rotate replaces the caller's user key, with all that was under the old one, in
// one transaction: what is there must be in the request, or nothing is changed.
// Every session ends, this one too.
func (s *Service) Rotate(ctx context.Context, c vault.Caller, proof string, r vault.Rotation) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	if err := s.Prove(ctx, c, proof); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, r.Proof)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		if err := u.CheckRotation(r); err != nil {
			return err
		}
		for _, step := range []func(context.Context, *store.Tx, *vault.User, vault.Rotation) error{rotateItems, rotateFolders, rotateSends, rotateDevices, rotatePasskeys} {
			if err := step(ctx, tx, u, r); err != nil {
				return err
			}
		}
		u.PasswordHash, u.ProtectedKey, u.PrivateKey, u.UserKeyID, u.V2 = vault.NewSecret(hash), r.ProtectedKey, r.PrivateKey, r.KeyID, r.V2
		if r.Hint != "" {
			u.Hint = r.Hint
		}
		if err := u.CheckProfile(); err != nil {
			return err
		}
		return s.newEpoch(ctx, tx, c, u, vault.EventUserKeys)
	})
}

func rotateItems(ctx context.Context, tx *store.Tx, u *vault.User, r vault.Rotation) error {
	items, err := tx.Items(ctx, u.ID, vault.ItemFilter{All: true})
	if err != nil {
		return err
	}
	files, err := tx.Attachments(ctx, u.ID, "")
	if err != nil {
		return err
	}
	if len(items) != len(r.Items) {
		return vault.ErrRotation
	}
	for n := range items {
		i := &items[n]
		to, ok := r.Items[i.ID]
		if !ok {
			return vault.ErrRotation
		}
		i.Type, i.Data = to.Type, to.Data
		if err := i.Check(); err != nil {
			return err
		}
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
	}
	for _, a := range files {
		to, ok := r.Items[a.Item].Files[a.ID]
		if a.State != vault.FileStored {
			continue
		}
		if !ok {
			return vault.ErrRotation
		}
		a.Name, a.Key = to.Name, to.Key
		if err := a.Check(); err != nil {
			return err
		}
		if err := tx.UpdateAttachment(ctx, a, a.State); err != nil {
			return err
		}
	}
	return nil
}

func rotateFolders(ctx context.Context, tx *store.Tx, u *vault.User, r vault.Rotation) error {
	folders, err := tx.Folders(ctx, u.ID)
	if err != nil {
		return err
	}
	if len(folders) != len(r.Folders) {
		return vault.ErrRotation
	}
	for _, f := range folders {
		var ok bool
		if f.Name, ok = r.Folders[f.ID]; !ok {
			return vault.ErrRotation
		}
		if err := f.Check(); err != nil {
			return err
		}
		if err := tx.UpdateFolder(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func rotateSends(ctx context.Context, tx *store.Tx, u *vault.User, r vault.Rotation) error {
	sends, err := tx.Sends(ctx, u.ID)
	if err != nil {
		return err
	}
	if len(sends) != len(r.Sends) {
		return vault.ErrRotation
	}
	for _, s := range sends {
		to, ok := r.Sends[s.ID]
		if !ok {
			return vault.ErrRotation
		}
		if s.Key = to.Key; !vault.ValidEncString(s.Key) {
			return vault.ErrSendInvalid.At("key", "is not an encrypted string of a known type")
		}
		if err := tx.UpdateSend(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// rotateDevices re-wraps what trusted devices open the vault with; a device that
// is not in the request is trusted no longer.
func rotateDevices(ctx context.Context, tx *store.Tx, u *vault.User, r vault.Rotation) error {
	devices, err := tx.Devices(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, d := range devices {
		if !d.Trusted() {
			continue
		}
		to, ok := r.Devices[d.ID]
		if !ok {
			d.Keys = vault.DeviceKeys{}
		} else {
			d.Keys.User, d.Keys.Public = to.User, to.Public
		}
		if err := tx.UpdateDevice(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// rotatePasskeys re-wraps what passkeys open the vault with; one that is missing
// would open it no longer, without anybody having said so.
func rotatePasskeys(ctx context.Context, tx *store.Tx, u *vault.User, r vault.Rotation) error {
	factors, err := tx.Factors(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, f := range factors {
		if f.Unlocks == (vault.PasskeyKeys{}) {
			continue
		}
		to, ok := r.Passkeys[f.ID]
		if !ok {
			return vault.ErrRotation
		}
		f.Unlocks.User, f.Unlocks.Public = to.User, to.Public
		if err := f.Check(); err != nil {
			return err
		}
		if err := tx.UpdateFactor(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
