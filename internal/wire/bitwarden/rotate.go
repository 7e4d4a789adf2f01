package bitwarden

import (
	"context"
	"encoding/json"

	"strongroom/internal/vault"
)

type rotateIn struct {
	Proof  string `json:"oldMasterKeyAuthenticationHash"`
	Unlock struct {
		Master struct {
			KDF         int    `json:"kdfType"`
			Iterations  int    `json:"kdfIterations"`
			Memory      *int   `json:"kdfMemory"`
			Parallelism *int   `json:"kdfParallelism"`
			Email       string `json:"email"`
			Proof       string `json:"masterKeyAuthenticationHash"`
			Key         string `json:"masterKeyEncryptedUserKey"`
			Hint        string `json:"masterPasswordHint"`
			KeyID       string `json:"containedKeyId"`
		} `json:"masterPasswordUnlockData"`
		Devices []struct {
			ID     vault.DeviceID `json:"deviceId"`
			Public string         `json:"encryptedPublicKey"`
			User   string         `json:"encryptedUserKey"`
		} `json:"deviceKeyUnlockData"`
		Passkeys []struct {
			ID     vault.FactorID `json:"id"`
			Public string         `json:"encryptedPublicKey"`
			User   string         `json:"encryptedUserKey"`
		} `json:"passkeyUnlockData"`
		Upgrade json.RawMessage `json:"v2UpgradeToken"`
	} `json:"accountUnlockData"`
	Keys accountKeysIn `json:"accountKeys"`
	Data struct {
		Items   []cipherIn `json:"ciphers"`
		Folders []struct {
			ID   vault.FolderID `json:"id"`
			Name string         `json:"name"`
		} `json:"folders"`
		Sends []sendIn `json:"sends"`
	} `json:"accountData"`
	KeyID string `json:"newUserKeyId"`
}

// rotate replaces the user key and everything under it. Which keys and how much
// there must be, the verb checks; here it is only read.
func (d *Door) rotate(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in rotateIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	m := in.Unlock.Master
	to := vault.Rotation{Proof: m.Proof, ProtectedKey: m.Key, Hint: m.Hint, KeyID: first(in.KeyID, m.KeyID), Items: map[vault.ItemID]vault.RotatedItem{},
		Folders: map[vault.FolderID]string{}, Sends: map[vault.SendID]vault.RotatedSend{}, Devices: map[vault.DeviceID]vault.DeviceKeys{}, Passkeys: map[vault.FactorID]vault.PasskeyKeys{}}
	to.KDF = kdfJSON{m.KDF, m.Iterations, m.Memory, m.Parallelism}.vault()
	to.PublicKey, to.PrivateKey, to.V2 = in.Keys.split()
	if len(in.Unlock.Upgrade) > 0 && string(in.Unlock.Upgrade) != "null" {
		to.V2.UpgradeToken = string(in.Unlock.Upgrade)
	}
	for _, i := range in.Data.Items {
		if i.Org != "" {
			continue // an organization's items are under its own key
		}
		item := vault.RotatedItem{Type: i.Type, Data: i.Content, Files: map[vault.AttachmentID]vault.Attachment{}}
		for id, a := range i.Attached2 {
			item.Files[vault.AttachmentID(id)] = vault.Attachment{Name: a.FileName, Key: a.Key}
		}
		to.Items[vault.ItemID(i.ID)] = item
	}
	for _, f := range in.Data.Folders {
		to.Folders[f.ID] = f.Name
	}
	for _, s := range in.Data.Sends {
		to.Sends[vault.SendID(s.ID)] = vault.RotatedSend{Key: s.Key}
	}
	for _, x := range in.Unlock.Devices {
		to.Devices[x.ID] = vault.DeviceKeys{User: x.User, Public: x.Public}
	}
	for _, x := range in.Unlock.Passkeys {
		to.Passkeys[x.ID] = vault.PasskeyKeys{User: x.User, Public: x.Public}
	}
	return nil, d.Accounts.Rotate(ctx, c, in.Proof, to)
}

// rotationData is what a client must re-wrap besides its vault.
func (d *Door) rotationData(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	ds, err := d.SignIn.Devices(ctx, c)
	if err != nil {
		return nil, err
	}
	fs, err := d.ofKind(ctx, c, vault.FactorPasskey)
	if err != nil {
		return nil, err
	}
	none, trusted, passkeys := []struct{}{}, []map[string]any{}, []map[string]any{}
	for _, f := range fs {
		if f.Unlocks != (vault.PasskeyKeys{}) {
			passkeys = append(passkeys, map[string]any{"id": f.ID, "encryptedPublicKey": f.Unlocks.Public, "encryptedUserKey": f.Unlocks.User, "object": "passkeyKeyData"})
		}
	}
	for _, x := range ds {
		if x.Trusted() {
			trusted = append(trusted, map[string]any{"id": x.ID, "encryptedPublicKey": x.Keys.Public, "encryptedUserKey": x.Keys.User, "object": "trustedDeviceKeyData"})
		}
	}
	return map[string]any{"organizationPasswordResetKeyData": none, "emergencyAccessKeyData": none, "trustedDeviceKeyData": trusted, "passkeyKeyData": passkeys,
		"object": "keyRotationData"}, nil
}
