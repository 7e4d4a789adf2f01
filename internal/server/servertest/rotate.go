package servertest

import "strongroom/internal/keyring"

// RotatePath is where a rotation goes.
const RotatePath = "/api/accounts/key-management/rotate-user-account-keys"

// Rotated is the person after the rotation that body asks for.
func (p *Person) Rotated(body map[string]any, to keyring.SymKey) keyring.Account {
	unlock := body["accountUnlockData"].(map[string]any)["masterPasswordUnlockData"].(map[string]any)
	a := p.Account
	a.UserKey, a.AuthHash, a.ProtectedKey = to, unlock["masterKeyAuthenticationHash"].(string), unlock["masterKeyEncryptedUserKey"].(string)
	a.ProtectedPrivateKey = body["accountKeys"].(map[string]any)["userKeyEncryptedAccountPrivateKey"].(string)
	return a
}

// Rotation re-encrypts all of the person's vault as a client does, under a new key.
func (p *Person) Rotation() (body map[string]any, to keyring.SymKey) {
	p.t.Helper()
	to = keyring.NewSymKey()
	s := p.Sync()
	hash, protected, err := keyring.ChangePassword(to, p.Email, Password, p.Account.KDF)
	if err != nil {
		p.t.Fatal(err)
	}
	priv, err := p.Account.UserKey.UnwrapPrivate(p.Account.ProtectedPrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	var again func(v any) any
	again = func(v any) any {
		switch v := v.(type) {
		case string:
			if b, err := p.Account.UserKey.Decrypt(v); err == nil {
				return to.Encrypt(b)
			}
		case map[string]any:
			m := map[string]any{}
			for k, e := range v {
				m[k] = again(e)
			}
			return m
		case []any:
			l := make([]any, len(v))
			for n, e := range v {
				l[n] = again(e)
			}
			return l
		}
		return v
	}
	ciphers, folders, sends := []any{}, []any{}, []any{}
	for _, c := range s.Ciphers {
		files := map[string]any{}
		for _, a := range objects(c["attachments"]) {
			files[a["id"].(string)] = map[string]any{"fileName": again(a["fileName"]), "key": again(a["key"])}
		}
		m := again(c).(map[string]any)
		m["attachments2"] = files
		delete(m, "attachments")
		ciphers = append(ciphers, m)
	}
	for _, f := range s.Folders {
		folders = append(folders, again(f))
	}
	for _, x := range s.Sends {
		m := map[string]any{"key": again(x["key"])}
		for k, v := range x {
			if k != "key" {
				m[k] = v
			}
		}
		sends = append(sends, m)
	}
	return map[string]any{"oldMasterKeyAuthenticationHash": p.Account.AuthHash, "newUserKeyId": to.KeyID(),
		"accountUnlockData": map[string]any{"masterPasswordUnlockData": map[string]any{"kdfType": p.Account.KDF.Type, "kdfIterations": p.Account.KDF.Iterations,
			"kdfMemory": p.Account.KDF.MemoryMiB, "kdfParallelism": p.Account.KDF.Parallelism, "email": p.Email, "masterKeyAuthenticationHash": hash, "masterKeyEncryptedUserKey": protected},
			"emergencyAccessUnlockData": []any{}, "organizationAccountRecoveryUnlockData": []any{}, "passkeyUnlockData": []any{}, "deviceKeyUnlockData": []any{}},
		"accountKeys": map[string]any{"userKeyEncryptedAccountPrivateKey": to.WrapPrivate(priv), "accountPublicKey": p.Account.PublicKey},
		"accountData": map[string]any{"ciphers": ciphers, "folders": folders, "sends": sends}}, to
}

func objects(v any) (out []map[string]any) {
	l, _ := v.([]any)
	for _, e := range l {
		out = append(out, e.(map[string]any))
	}
	return out
}
