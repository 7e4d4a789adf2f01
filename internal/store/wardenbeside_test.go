package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

const wardenSends = `CREATE TABLE sends (uuid, user_uuid, organization_uuid, name, notes, atype, data, akey, password_hash, password_salt, password_iter, max_access_count, access_count,
	creation_date, revision_date, expiration_date, deletion_date, disabled, hide_email)`

// TestWardenFactors: of what an account shows besides its password, what has the
// form that is known comes, and the rest is named.
func TestWardenFactors(t *testing.T) {
	const seed, code = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	type row struct {
		kind, enabled, data any
	}
	for name, c := range map[string]struct {
		rows    []row
		recover any
		come    string // kinds
		left    string // parts of what is said
		guarded bool
	}{
		"none":              {},
		"authenticator":     {[]row{{0, 1, seed}}, nil, "authenticator recovery", "", true},
		"with a code":       {[]row{{0, 1, seed}}, code, "authenticator recovery", "", true},
		"a code alone":      {nil, code, "", "", false},
		"a short code":      {[]row{{0, 1, seed}}, "ABC", "authenticator recovery", "recovery code", true},
		"no base32":         {[]row{{0, 1, "not base32 !!!!!!!!!!!!!!!!!!!!!"}}, nil, "", "authenticator", true},
		"too short":         {[]row{{0, 1, "JBSWY3DPEHPK3PXP"}}, nil, "", "authenticator", true},
		"a number":          {[]row{{0, 1, 5}}, nil, "", "holds no text", true},
		"off":               {[]row{{0, 0, seed}, {1, 0, `{"email":"a@example.com"}`}}, code, "", "", false},
		"pending":           {[]row{{1000, 1, "x"}, {1003, 1, "x"}, {5, 1, "x"}}, nil, "", "", false},
		"two":               {[]row{{0, 1, seed}, {0, 1, seed}}, nil, "authenticator recovery", "authenticator", true},
		"mail":              {[]row{{1, 1, `{"email":"codes@example.com","last_token":null}`}}, nil, "email recovery", "", true},
		"no address":        {[]row{{1, 1, `{"email":"codes"}`}}, nil, "", "email", true},
		"no JSON":           {[]row{{1, 1, `codes@example.com`}}, nil, "", "email", true},
		"NULL":              {[]row{{1, 1, nil}}, nil, "", "email", true},
		"YubiKeys":          {[]row{{3, 1, `{"Keys":["cccccccccccb","","ccccccccccccbcdefghijklnrtuvcbdefghijklnrtuv","cccccccccccb"],"Nfc":true}`}}, nil, "yubikey yubikey recovery", "", true},
		"no YubiKey":        {[]row{{3, 1, `{"Keys":["aaaaaaaaaaaa"],"Nfc":true}`}}, nil, "", "yubikey", true},
		"none of them":      {[]row{{3, 1, `{"Keys":[]}`}}, nil, "", "YubiKey", true},
		"six of them":       {[]row{{3, 1, `{"keys":["cccccccccccb","cccccccccccd","ccccccccccce","cccccccccccf","cccccccccccg","ccccccccccch"]}`}}, nil, "yubikey yubikey yubikey yubikey yubikey recovery", "(5)", true},
		"a security key":    {[]row{{7, 1, `[{"id":1,"name":"x","credential":{}}]`}}, nil, "", "security keys (WebAuthn)", true},
		"beside":            {[]row{{7, 1, `[]`}, {2, 1, `{}`}, {0, 1, seed}}, code, "authenticator recovery", "Duo", true},
		"a kind of its own": {[]row{{42, 1, `{}`}}, nil, "", "kind 42", true},
		"no kind":           {[]row{{nil, 1, seed}}, nil, "", "unknown kind", true},
		"perhaps":           {[]row{{0, "perhaps", seed}}, nil, "", "holds no yes or no", true},
	} {
		file, exec := wardenFile(t)
		exec(`UPDATE users SET totp_recover = ?`, c.recover)
		for n, r := range c.rows {
			exec(`INSERT INTO twofactor VALUES (?, 'u', ?, ?, ?)`, n, r.kind, r.enabled, r.data)
		}
		v, bad := readWarden(t, file)
		v.Settle(time.Now())
		var kinds []string
		for _, f := range v.Factors {
			kinds = append(kinds, f.Kind.String())
			if f.Kind == vault.FactorRecovery && (f.Secret.Reveal() == strings.ToLower(code)) != (c.recover == code) {
				t.Errorf("%s: the recovery code is %q", name, f.Secret.Reveal())
			}
		}
		if bad != nil || strings.Join(kinds, " ") != c.come || v.Guarded != c.guarded || v.Unguarded() != (c.guarded && c.come == "") {
			t.Errorf("%s: %v: %v came, guarded %v", name, bad, kinds, v.Guarded)
		}
		if left := fmt.Sprint(v.Left); !strings.Contains(left, c.left) || c.left == "" && len(v.Left) > 0 {
			t.Errorf("%s: left behind %s", name, left)
		}
	}
}

// TestWardenFileWithoutLaterTables: what a file has no table for, it has none of.
func TestWardenFileWithoutLaterTables(t *testing.T) {
	file, _ := wardenFile(t)
	if v, bad := readWarden(t, file); bad != nil || len(v.Move.Sends)+len(v.Devices) > 0 {
		t.Errorf("%v: %v", bad, v)
	}
	for q, want := range map[string]string{
		`CREATE TABLE devices (uuid, user_uuid, name, created_at, updated_at)`: "devices has no column atype",
		strings.Replace(wardenSends, "password_salt, ", "", 1):                 "sends has no column password_salt",
		`DROP TABLE twofactor; CREATE TABLE twofactor (user_uuid, atype)`:      "twofactor has no column enabled",
	} {
		file, exec := wardenFile(t)
		exec(q)
		if w, err := store.OpenWarden(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", w, err, want)
		}
	}
}

// wardenSend is a row of sends, by column.
type wardenSend map[string]any

func (s wardenSend) insert(exec func(string, ...any)) {
	columns := slices.Sorted(maps.Keys(s))
	var args []any
	for _, c := range columns {
		args = append(args, s[c])
	}
	exec(`INSERT INTO sends (`+strings.Join(columns, ", ")+`) VALUES (?`+strings.Repeat(", ?", len(columns)-1)+`)`, args...)
}

// TestWardenSends: a Send comes as it was, or stays behind with a reason.
func TestWardenSends(t *testing.T) {
	enc := keyring.NewSymKey().EncryptString("x")
	now := time.Now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format("2006-01-02 15:04:05.999999") }
	const id = "0190a2b4-1c2d-4e3f-8a9b-0c1d2e3f4a5b"
	for name, c := range map[string]struct {
		with wardenSend
		want string // part of why it stays, "" if it comes
	}{
		"text":             {},
		"capitals":         {with: wardenSend{"data": `{"Text":"` + enc + `","Hidden":true}`}},
		"all":              {with: wardenSend{"notes": enc, "max_access_count": 3, "access_count": 2, "expiration_date": at(time.Hour), "disabled": 1, "hide_email": 1}},
		"file":             {with: wardenSend{"atype": 1, "data": `{"id":"abc","fileName":"` + enc + `","size":"5","sizeName":"5 B"}`}},
		"an old file":      {with: wardenSend{"atype": 1, "data": `{"Id":"abc","FileName":"` + enc + `","Size":5,"SizeName":"5 B"}`}},
		"of an item":       {with: wardenSend{"atype": 2}, want: "must be 0 (text) or 1 (file)"},
		"no type":          {with: wardenSend{"atype": nil}, want: "atype"},
		"a path":           {with: wardenSend{"atype": 1, "data": `{"id":"../../x","fileName":"` + enc + `"}`}, want: "no name of a file"},
		"no file id":       {with: wardenSend{"atype": 1, "data": `{"fileName":"` + enc + `"}`}, want: "no name of a file"},
		"no text":          {with: wardenSend{"data": `{"hidden":true}`}, want: "text.text"},
		"plain text":       {with: wardenSend{"data": `{"text":"hello"}`}, want: "text.text"},
		"a number":         {with: wardenSend{"data": `{"text":5}`}, want: "column data"},
		"no JSON":          {with: wardenSend{"data": `{"text`}, want: "column data"},
		"empty":            {with: wardenSend{"data": nil}, want: "column data"},
		"no key":           {with: wardenSend{"akey": nil}, want: "key"},
		"an id of others":  {with: wardenSend{"uuid": "ABC"}, want: "not an id in lower case"},
		"organization":     {with: wardenSend{"organization_uuid": "o"}, want: "belongs to an organization"},
		"never available":  {with: wardenSend{"max_access_count": 0}, want: "max_access_count"},
		"less than none":   {with: wardenSend{"access_count": -1}, want: "access_count"},
		"no time":          {with: wardenSend{"deletion_date": "soon"}, want: "deletion_date"},
		"no end":           {with: wardenSend{"deletion_date": nil}, want: "deletionDate"},
		"too far":          {with: wardenSend{"deletion_date": at(40 * 24 * time.Hour)}, want: "31 days"},
		"perhaps":          {with: wardenSend{"disabled": 2}, want: "disabled"},
		"over":             {with: wardenSend{"deletion_date": at(-time.Hour)}, want: "over"},
		"over and garbage": {with: wardenSend{"deletion_date": at(-time.Hour), "data": "x"}, want: "over"},
	} {
		file, exec := wardenFile(t)
		exec(wardenSends)
		row := wardenSend{"uuid": id, "user_uuid": "u", "name": enc, "atype": 0, "data": `{"text":"` + enc + `","hidden":false}`, "akey": enc, "access_count": 0,
			"creation_date": at(-time.Hour), "revision_date": at(-time.Hour), "deletion_date": at(24 * time.Hour), "disabled": 0}
		maps.Copy(row, c.with)
		row.insert(exec)
		v, bad := readWarden(t, file)
		for _, s := range v.Move.Sends {
			s.Size = 5
		}
		v.Settle(now)
		came, left := len(v.Move.Sends) == 1, fmt.Sprint(v.Left)
		if bad != nil || came != (c.want == "") || (v.Expired == 1) != (c.want == "over") || c.want != "over" && !strings.Contains(left, c.want) {
			t.Errorf("%s: %v: came %v, left %s, %d over", name, bad, came, left, v.Expired)
		}
		if !came {
			continue
		}
		s := v.Move.Sends[0]
		if s.Type == vault.SendFile && v.SendFiles[s.ID] != "sends/"+id+"/abc" || s.Type == vault.SendText && s.Text != enc || s.CreatedAt.Sub(now.Add(-time.Hour)).Abs() > time.Millisecond {
			t.Errorf("%s: %+v at %q", name, s.Send, v.SendFiles[s.ID])
		}
		if all := c.with["hide_email"] != nil; s.HideEmail != all || s.Disabled != all || s.Accesses == 2 != all || s.MaxAccesses == 3 != all || s.ExpiresAt.IsZero() == all || (s.Notes == enc) != all {
			t.Errorf("%s: %+v", name, s.Send)
		}
	}
}

// TestWardenDevices: the programs that somebody signed in with are known, those
// used last first.
func TestWardenDevices(t *testing.T) {
	file, exec := wardenFile(t)
	exec(`CREATE TABLE devices (uuid, created_at DATETIME, updated_at DATETIME, user_uuid, name, atype, push_token, refresh_token)`)
	exec(`INSERT INTO devices VALUES ('phone', '2024-01-02 03:04:05', '2024-05-02 03:04:05', 'u', 'Phone', 0, 'push', 'refresh'), ('web', '2024-01-02 03:04:05', '2024-06-02 03:04:05.123', 'u', 'Firefox', 10, NULL, 'r'),
		('', '2024-01-02', '2024-01-02 03:04:05', 'u', 'x', 0, NULL, ''), ('odd', '2024-01-02 03:04:05', '2024-01-02 03:04:05', 'u', 'Odd', 'x', NULL, ''), ('theirs', '2024-01-02 03:04:05', '2024-01-02 03:04:05', 'v', 'x', 0, NULL, '')`)
	v, bad := readWarden(t, file)
	v.Settle(time.Now())
	if bad != nil || len(v.Devices) != 2 || len(v.Left) != 2 {
		t.Fatalf("%v: %v, left %v", bad, v.Devices, v.Left)
	}
	if d := v.Devices[0]; d.Identifier != "web" || d.Name != "Firefox" || d.Type != 10 || d.PushToken != "" || d.LastUsedAt.Month() != time.June || v.Devices[1].Identifier != "phone" {
		t.Errorf("%+v", v.Devices)
	}
}
