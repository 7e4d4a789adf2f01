package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// scrub replaces what is random by what it is, ids by the order in which they appear.
type scrub struct{ ids map[string]string }

var (
	uuidText  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	encText   = regexp.MustCompile(`2\.[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=]+`)
	jwtText   = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)
	accessID  = regexp.MustCompile(`("accessId":|"id":)"[A-Za-z0-9_-]{22}"`)
	otherText = regexp.MustCompile(`srr_[A-Za-z0-9_-]+|MIIB[A-Za-z0-9+/=]{300,}`)
)

func (s *scrub) text(b []byte) []byte {
	for _, r := range []struct {
		re *regexp.Regexp
		by string
	}{{encText, "<encrypted>"}, {jwtText, "<jwt>"}, {otherText, "<random>"}, {accessID, `$1"<access id>"`}} {
		b = r.re.ReplaceAll(b, []byte(r.by))
	}
	return uuidText.ReplaceAllFunc(b, func(id []byte) []byte {
		if _, ok := s.ids[string(id)]; !ok {
			s.ids[string(id)] = fmt.Sprintf("<id %d>", len(s.ids)+1)
		}
		return []byte(s.ids[string(id)])
	})
}

// TestGoldenBitwarden holds every answer of the door, with a fixed clock.
func TestGoldenBitwarden(t *testing.T) {
	o := servertest.Options(t)
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	o.Now = func() time.Time { return at }
	o.URL = "https://vault.example.com"
	n := servertest.Start(t, o)
	p := n.Join("alice@example.com")
	sc := &scrub{ids: map[string]string{}}
	answers := map[string]map[string]any{}
	record := func(file, name string, a *servertest.Answer) *servertest.Answer {
		var v any
		if len(a.Body) > 0 {
			if err := json.Unmarshal(sc.text(a.Body), &v); err != nil {
				t.Fatalf("%s: %v in %s", name, err, a.Body)
			}
		}
		if answers[file] == nil {
			answers[file] = map[string]any{}
		}
		answers[file][name] = map[string]any{"status": a.Status, "body": v}
		return a
	}
	s := &bwStage{t: t, n: n, owner: p, caller: p}
	goldenIdentity(p, record)
	goldenVault(p, s, record)
	goldenAccount(p, record)
	for _, file := range slices.Sorted(maps.Keys(answers)) {
		b, err := json.MarshalIndent(answers[file], "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "bitwarden", file+".json"), append(b, '\n'))
	}
}

type recorder func(file, name string, a *servertest.Answer) *servertest.Answer

func goldenIdentity(p *servertest.Person, record recorder) {
	token := func(pairs ...string) *servertest.Answer {
		return p.As("").Do("POST", "/identity/connect/token", p.Form(pairs...))
	}
	record("identity", "config", p.As("").Do("GET", "/api/config", nil))
	record("identity", "prelogin", p.As("").Do("POST", "/identity/accounts/prelogin/password", map[string]string{"email": p.Email}))
	record("identity", "token", token())
	record("identity", "refresh", token("grant_type", "refresh_token", "refresh_token", p.Refresh))
	record("identity", "wrong password", token("password", "x"))
	record("identity", "dead refresh token", token("grant_type", "refresh_token", "refresh_token", "srr_x"))
	record("identity", "no device", token("deviceType", ""))
	record("identity", "unknown grant", token("grant_type", "x"))
	record("identity", "taken address", p.As("").Do("POST", "/identity/accounts/register", map[string]any{"email": p.Email}))
	record("identity", "no such send", p.As("").Do("POST", "/identity/connect/token", url.Values{"grant_type": {"send_access"}, "send_id": {"AAAA"}}))
	record("identity", "signed out", p.As("").Do("GET", "/api/sync", nil))
}

func goldenVault(p *servertest.Person, s *bwStage, record recorder) {
	folder := record("vault", "folder", p.Do("POST", "/api/folders", map[string]string{"name": p.Enc("f")})).Map()["id"]
	item := p.Login("x", "folderId", folder, "favorite", true, "future", map[string]any{"a": 1})
	item["fields"] = []any{map[string]any{"type": 1, "name": p.Enc("n"), "value": p.Enc("v"), "linkedId": nil}}
	id := record("vault", "cipher", p.Do("POST", "/api/ciphers", item)).Map()["id"].(string)
	file := record("vault", "attachment announced", p.Do("POST", "/api/ciphers/"+id+"/attachment/v2", map[string]any{"key": p.Enc("k"), "fileName": p.Enc("n"), "fileSize": "5"})).Map()["attachmentId"].(string)
	record("vault", "attachment uploaded", upload(p.Client, "/api/ciphers/"+id+"/attachment/"+file, []byte("12345")))
	record("vault", "attachment", p.Do("GET", "/api/ciphers/"+id+"/attachment/"+file, nil))
	record("vault", "partial", p.Do("PUT", "/api/ciphers/"+id+"/partial", map[string]any{"favorite": false, "folderId": nil}))
	record("vault", "archived", p.Do("PUT", "/api/ciphers/archive", map[string]any{"ids": []string{id}}))
	record("vault", "trashed", p.Do("PUT", "/api/ciphers/"+id+"/delete", nil))
	send := s.sendIn(0)
	send["deletionDate"] = "2026-11-30T12:00:00Z"
	access := record("vault", "send", p.Do("POST", "/api/sends", send)).Map()["accessId"].(string)
	send["type"], send["text"], send["file"], send["fileLength"] = 1, nil, map[string]any{"fileName": p.Enc("n")}, 5
	record("vault", "file send", p.Do("POST", "/api/sends/file/v2", send))
	tok := record("vault", "send token", p.As("").Do("POST", "/identity/connect/token", url.Values{"grant_type": {"send_access"}, "send_id": {access}})).Map()["access_token"].(string)
	record("vault", "send received", p.As(tok).Do("POST", "/api/sends/access", nil))
	record("vault", "sync", p.Do("GET", "/api/sync", nil))
	record("vault", "cipher without a name", p.Do("POST", "/api/ciphers", map[string]any{"type": 1, "login": map[string]any{}}))
	record("vault", "cipher of type 9", p.Do("POST", "/api/ciphers", p.Login("x", "type", 9)))
	record("vault", "no such cipher", p.Do("GET", "/api/ciphers/x", nil))
	record("vault", "stale cipher", p.Do("PUT", "/api/ciphers/"+id, p.Login("x", "lastKnownRevisionDate", "2026-11-22T12:00:00.000Z")))
	record("vault", "no such route", p.Do("GET", "/api/nothing", nil))
}

func goldenAccount(p *servertest.Person, record recorder) {
	record("account", "profile", p.Do("PUT", "/api/accounts/profile", map[string]any{"name": "Alice", "masterPasswordHint": "hint"}))
	record("account", "domains", p.Do("PUT", "/api/settings/domains", map[string]any{"equivalentDomains": [][]string{{"a.example", "b.example"}}}))
	record("account", "devices", p.Do("GET", "/api/devices", nil))
	record("account", "keys", p.Do("GET", "/api/accounts/keys", nil))
	record("account", "public key", p.Do("GET", "/api/users/"+p.ID+"/public-key", nil))
	record("account", "rotation data", p.Do("GET", "/api/accounts/key-management/key-rotation-data", nil))
	record("account", "revision date", p.Do("GET", "/api/accounts/revision-date", nil))
	record("account", "wrong password", p.Do("POST", "/api/accounts/verify-password", map[string]string{"masterPasswordHash": "x"}))
	record("account", "user key id", p.Do("POST", "/api/accounts/key-management/user-key-id", map[string]string{"userKeyId": strings.Repeat("ab", 16)}))
	record("account", "another user key id", p.Do("POST", "/api/accounts/key-management/user-key-id", map[string]string{"userKeyId": strings.Repeat("cd", 16)}))
	record("account", "collections", p.Do("GET", "/api/collections", nil))
}
