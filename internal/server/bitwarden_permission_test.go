package server_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// bwRow says of one route of the Bitwarden door what its owner and another person
// get, 0 for 200. body may be a function, called for each caller anew.
type bwRow struct {
	body  any
	owner int
	other int // with the owner's ids in the path or the body
	anon  int // for routes that need nobody; others answer 401
}

// mine makes bodies with ids of the owner's.
type mine func(s *bwStage) any

func ids(make func(s *bwStage) string) mine {
	return func(s *bwStage) any { return map[string]any{"ids": []string{make(s)}} }
}

func secret(s *bwStage) any {
	return map[string]any{"masterPasswordHash": s.caller.Account.AuthHash}
}

const nobodys = 404

var bwPermissions = map[string]bwRow{
	"GET /api/config": {}, "GET /api/alive": {}, "GET /api/now": {}, "GET /identity/alive": {}, "GET /identity/now": {}, "GET /api/version": {},
	"POST /identity/accounts/prelogin/password":                   {body: map[string]any{"email": "x@example.com"}},
	"POST /identity/accounts/prelogin":                            {body: map[string]any{"email": "x@example.com"}},
	"POST /api/accounts/prelogin":                                 {body: map[string]any{"email": "x@example.com"}},
	"POST /identity/connect/token":                                {body: url.Values{"grant_type": {"password"}}, owner: 400, other: 400, anon: 400},
	"GET /identity/sso/prevalidate":                               {owner: 400, other: 400, anon: 400},
	"POST /identity/accounts/register/send-verification-email":    {body: map[string]any{"email": "new@example.com"}},
	"POST /identity/accounts/register/verification-email-clicked": {body: map[string]any{"email": "x@example.com", "emailVerificationToken": "x"}, owner: 400, other: 400, anon: 400},
	"POST /identity/accounts/register/finish":                     {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400, anon: 400},
	"POST /identity/accounts/register":                            {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400, anon: 400},
	"POST /api/accounts/register":                                 {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400, anon: 400},

	"POST /api/accounts/password-hint":        {body: map[string]any{"email": "x@example.com"}, owner: 503, other: 503, anon: 503}, // this node has no mail
	"POST /api/accounts/delete-recover":       {body: map[string]any{"email": "x@example.com"}, owner: 503, other: 503, anon: 503},
	"POST /api/accounts/delete-recover-token": {body: map[string]any{}, owner: 400, other: 400, anon: 400},
	"POST /api/accounts/verify-email":         {owner: 503, other: 503},
	"POST /api/accounts/verify-email-token":   {body: map[string]any{}, owner: 400, other: 400, anon: 400},
	"POST /api/accounts/email-token":          {body: map[string]any{"newEmail": "n@example.com"}, owner: 503, other: 503},
	"POST /api/accounts/email":                {body: map[string]any{"newEmail": "n@example.com"}, owner: 400, other: 400},

	"GET /api/accounts/profile": {}, "PUT /api/accounts/profile": {body: map[string]any{"name": "x"}}, "POST /api/accounts/profile": {body: map[string]any{"name": "x"}},
	"PUT /api/accounts/avatar": {body: map[string]any{"avatarColor": "#112233"}}, "POST /api/accounts/avatar": {body: map[string]any{"avatarColor": nil}},
	"GET /api/settings/domains": {}, "PUT /api/settings/domains": {body: map[string]any{"equivalentDomains": [][]string{{"a.example", "b.example"}}}},
	"POST /api/settings/domains":         {body: map[string]any{}},
	"POST /api/accounts/verify-password": {body: mine(secret)},
	"POST /api/accounts/password":        {body: map[string]any{}, owner: 400, other: 400}, "POST /api/accounts/kdf": {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/accounts/security-stamp":                          {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/accounts/key-management/user-key-id":              {body: map[string]any{"userKeyId": strings.Repeat("a", 32)}},
	"POST /api/accounts/key-management/rotate-user-account-keys": {body: map[string]any{}, owner: 400, other: 400},
	"GET /api/accounts/key-management/key-rotation-data":         {},
	"GET /api/accounts/keys":                                     {},
	"POST /api/accounts/keys":                                    {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/accounts/api-key":                                 {body: mine(secret)},
	"POST /api/accounts/rotate-api-key":                          {body: mine(secret)},
	"DELETE /api/accounts":                                       {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/accounts/delete":                                  {body: map[string]any{}, owner: 400, other: 400},
	"GET /api/users/{id}/public-key":                             {},
	"GET /api/users/{id}/keys":                                   {},

	"GET /api/ciphers": {}, "GET /api/ciphers/{id}": {other: nobodys}, "GET /api/ciphers/{id}/details": {other: nobodys}, "GET /api/ciphers/{id}/full-details": {other: nobodys},
	"POST /api/ciphers":             {body: mine(func(s *bwStage) any { return s.caller.Login("x") })},
	"POST /api/ciphers/create":      {body: mine(func(s *bwStage) any { return map[string]any{"cipher": s.caller.Login("x"), "collectionIds": nil} })},
	"PUT /api/ciphers/{id}":         {body: mine(func(s *bwStage) any { return s.caller.Login("y") }), other: nobodys},
	"POST /api/ciphers/{id}":        {body: mine(func(s *bwStage) any { return s.caller.Login("y") }), other: nobodys},
	"PUT /api/ciphers/{id}/partial": {body: map[string]any{"favorite": true}, other: nobodys}, "POST /api/ciphers/{id}/partial": {body: map[string]any{"favorite": true}, other: nobodys},
	"DELETE /api/ciphers/{id}": {other: nobodys}, "POST /api/ciphers/{id}/delete": {other: nobodys}, "PUT /api/ciphers/{id}/delete": {other: nobodys},
	"PUT /api/ciphers/{id}/restore": {other: nobodys}, "PUT /api/ciphers/{id}/archive": {other: nobodys}, "PUT /api/ciphers/{id}/unarchive": {other: nobodys},
	"DELETE /api/ciphers": {body: ids((*bwStage).item), other: nobodys}, "POST /api/ciphers/delete": {body: ids((*bwStage).item), other: nobodys},
	"PUT /api/ciphers/delete": {body: ids((*bwStage).item), other: nobodys}, "PUT /api/ciphers/restore": {body: ids((*bwStage).item), other: nobodys},
	"PUT /api/ciphers/archive": {body: ids((*bwStage).item), other: nobodys}, "PUT /api/ciphers/unarchive": {body: ids((*bwStage).item), other: nobodys},
	"PUT /api/ciphers/move": {body: ids((*bwStage).item), other: nobodys}, "POST /api/ciphers/move": {body: ids((*bwStage).item), other: nobodys},
	"POST /api/ciphers/purge":                 {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/ciphers/import":                {body: map[string]any{"ciphers": []any{}, "folders": []any{}, "folderRelationships": []any{}}},
	"GET /api/ciphers/has-unassigned-ciphers": {},
	"GET /api/folders":                        {},
	"GET /api/folders/{id}":                   {other: nobodys},
	"POST /api/folders":                       {body: mine(func(s *bwStage) any { return map[string]any{"name": s.caller.Enc("f")} })},
	"PUT /api/folders/{id}":                   {body: mine(func(s *bwStage) any { return map[string]any{"name": s.caller.Enc("f")} }), other: nobodys},
	"POST /api/folders/{id}":                  {body: mine(func(s *bwStage) any { return map[string]any{"name": s.caller.Enc("f")} }), other: nobodys},
	"DELETE /api/folders/all":                 {},
	"DELETE /api/folders/{id}":                {other: nobodys},
	"POST /api/folders/{id}/delete":           {other: nobodys},
	"GET /api/sync":                           {},
	"GET /api/accounts/revision-date":         {},

	"POST /api/ciphers/{id}/attachment/v2":            {body: mine(func(s *bwStage) any { return s.fileIn() }), other: nobodys},
	"GET /api/ciphers/{id}/attachment/{file}/renew":   {other: nobodys},
	"GET /api/ciphers/{id}/attachment/{file}":         {other: nobodys},
	"DELETE /api/ciphers/{id}/attachment/{file}":      {other: nobodys},
	"POST /api/ciphers/{id}/attachment/{file}/delete": {other: nobodys},
	"POST /api/ciphers/{id}/attachment/{file}":        {body: mine(func(*bwStage) any { return multipartBody }), owner: 400, other: nobodys},
	"POST /api/ciphers/{id}/attachment":               {body: mine(func(*bwStage) any { return multipartBody }), owner: 400, other: 400},
	"GET /api/ciphers/attachment/download":            {owner: 404, other: 404, anon: 404},
	"GET /api/sends":                                  {},
	"GET /api/sends/{id}":                             {other: nobodys},
	"POST /api/sends":                                 {body: mine(func(s *bwStage) any { return s.sendIn(0) })},
	"POST /api/sends/file/v2":                         {body: mine(func(s *bwStage) any { return s.sendIn(1) })},
	"PUT /api/sends/{id}":                             {body: mine(func(s *bwStage) any { return s.sendIn(0) }), other: nobodys},
	"POST /api/sends/{id}":                            {body: mine(func(s *bwStage) any { return s.sendIn(0) }), other: nobodys},
	"PUT /api/sends/{id}/remove-password":             {other: nobodys},
	"PUT /api/sends/{id}/remove-auth":                 {other: nobodys},
	"DELETE /api/sends/{id}":                          {other: nobodys},
	"POST /api/sends/{id}/delete":                     {other: nobodys},
	"GET /api/sends/{id}/file/{file}":                 {owner: 404, other: nobodys},
	"POST /api/sends/{id}/file/{file}":                {body: mine(func(*bwStage) any { return multipartBody }), owner: 404, other: nobodys},
	"POST /api/sends/access":                          {owner: 404, other: 404, anon: 404},
	"POST /api/sends/access/file/{file}":              {owner: 404, other: 404, anon: 404},
	"POST /api/sends/access/{access}":                 {owner: 404, other: 404, anon: 404},
	"POST /api/sends/{access}/access/file/{file}":     {owner: 404, other: 404, anon: 404},

	"GET /icons/{domain}/icon.png": {owner: 404, other: 404, anon: 404}, // this node asks nobody
	"GET /api/devices/knowndevice": {}, "GET /api/devices/knowndevice/{email}/{identifier}": {},
	"GET /api/devices": {}, "GET /api/devices/{id}": {other: nobodys}, "GET /api/devices/identifier/{identifier}": {other: nobodys},
	"PUT /api/devices/identifier/{identifier}/token":  {body: map[string]any{"pushToken": "p"}, other: nobodys},
	"POST /api/devices/identifier/{identifier}/token": {body: map[string]any{"pushToken": "p"}, other: nobodys},
	"PUT /api/devices/{id}":                           {body: map[string]any{"name": "n"}, other: nobodys},
	"POST /api/devices/{id}":                          {body: map[string]any{"name": "n"}, other: nobodys},
	"PUT /api/devices/{identifier}/keys":              {body: map[string]any{}, other: nobodys},
	"POST /api/devices/{identifier}/keys":             {body: map[string]any{}, other: nobodys},
	"DELETE /api/devices/{id}":                        {other: nobodys},
	"POST /api/devices/{id}/deactivate":               {other: nobodys},

	"POST /api/auth-requests":              {body: map[string]any{}, owner: 400, other: 400, anon: 400},
	"GET /api/auth-requests/{id}/response": {owner: 404, other: 404, anon: 404},
	"GET /api/auth-requests":               {},
	"GET /api/auth-requests/pending":       {},
	"GET /api/auth-requests/{id}":          {other: nobodys},
	"PUT /api/auth-requests/{id}":          {body: map[string]any{"requestApproved": false}, other: nobodys},
	"GET /notifications/hub":               {owner: 401, other: 401, anon: 401}, // the token stands in the query
	"GET /notifications/anonymous-hub":     {owner: 404, other: 404, anon: 404},

	"GET /api/collections": {}, "GET /api/accounts/organizations": {}, "GET /api/tasks": {}, "GET /api/notifications": {}, "GET /api/organizations": {},
	"GET /api/emergency-access/trusted": {}, "GET /api/emergency-access/granted": {},
	"GET /api/two-factor":                               {},
	"POST /api/two-factor/get-authenticator":            {body: mine(secret)},
	"PUT /api/two-factor/authenticator":                 {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/two-factor/authenticator":                {body: map[string]any{}, owner: 400, other: 400},
	"DELETE /api/two-factor/authenticator":              {body: mine(secret), owner: 404, other: 404}, // there is none
	"POST /api/two-factor/get-email":                    {body: mine(secret)},
	"POST /api/two-factor/send-email":                   {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400},
	"PUT /api/two-factor/email":                         {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400},
	"POST /api/two-factor/email":                        {body: map[string]any{"email": "x@example.com"}, owner: 400, other: 400},
	"DELETE /api/two-factor/email":                      {body: mine(secret), owner: 404, other: 404},
	"POST /api/two-factor/send-email-login":             {body: map[string]any{"email": "x@example.com", "masterPasswordHash": "x"}, owner: 400, other: 400, anon: 400},
	"POST /api/two-factor/get-yubikey":                  {body: mine(secret)},
	"PUT /api/two-factor/yubikey":                       {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/two-factor/yubikey":                      {body: map[string]any{}, owner: 400, other: 400},
	"DELETE /api/two-factor/yubikey":                    {body: mine(secret), owner: 404, other: 404},
	"POST /api/two-factor/get-webauthn":                 {body: mine(secret)},
	"POST /api/two-factor/get-webauthn-challenge":       {body: mine(secret)},
	"PUT /api/two-factor/webauthn":                      {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/two-factor/webauthn":                     {body: map[string]any{}, owner: 400, other: 400},
	"DELETE /api/two-factor/webauthn":                   {body: mine(secret), owner: 404, other: 404},
	"DELETE /api/two-factor/webauthn/all":               {body: mine(secret), owner: 404, other: 404},
	"POST /api/two-factor/get-recover":                  {body: mine(secret)},
	"PUT /api/two-factor/disable":                       {body: map[string]any{"type": 0}, owner: 400, other: 400},
	"POST /api/two-factor/disable":                      {body: map[string]any{"type": 0}, owner: 400, other: 400},
	"GET /identity/accounts/webauthn/assertion-options": {},
	"GET /api/webauthn":                                 {},
	"POST /api/webauthn/attestation-options":            {body: mine(secret)},
	"POST /api/webauthn/assertion-options":              {body: mine(secret), owner: 404, other: 404}, // there is no passkey
	"POST /api/webauthn":                                {body: map[string]any{}, owner: 400, other: 400},
	"PUT /api/webauthn":                                 {body: map[string]any{}, owner: 400, other: 400},
	"POST /api/webauthn/{id}/delete":                    {body: mine(secret), owner: 404, other: 404},
	"POST /api/organizations/domain/sso/verified":       {}, "GET /api/plans": {},
	"POST /events/collect": {body: []any{map[string]any{"type": 1007, "date": "2026-11-23T12:00:00.000Z"}}},
}

const multipartBody = "multipart"

// bwStage has things of the owner's, made anew for each call.
type bwStage struct {
	t      *testing.T
	n      *servertest.Node
	owner  *servertest.Person
	caller *servertest.Person
}

func (s *bwStage) item() string { return s.owner.Add("x")["id"].(string) }

func (s *bwStage) fileIn() map[string]any {
	return map[string]any{"key": s.owner.Enc("k"), "fileName": s.owner.Enc("n"), "fileSize": 100, "adminRequest": false}
}

func (s *bwStage) sendIn(kind int) map[string]any {
	m := map[string]any{"type": kind, "name": s.owner.Enc("n"), "notes": nil, "key": s.owner.Enc("seed"), "deletionDate": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339),
		"disabled": false, "text": map[string]any{"text": s.owner.Enc("t"), "hidden": false}}
	if kind == 1 {
		m["text"], m["file"], m["fileLength"] = nil, map[string]any{"fileName": s.owner.Enc("n")}, 100
	}
	return m
}

// file announces and uploads an attachment and returns item and file.
func (s *bwStage) file() (item, file string) {
	s.t.Helper()
	item = s.item()
	file = s.owner.Do("POST", "/api/ciphers/"+item+"/attachment/v2", s.fileIn()).Want(200).Map()["attachmentId"].(string)
	upload(s.owner.Client, "/api/ciphers/"+item+"/attachment/"+file, bytes.Repeat([]byte("x"), 100)).Want(200)
	return item, file
}

// upload sends a file as clients do.
func upload(c servertest.Client, path string, content []byte) *servertest.Answer {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, _ := w.CreateFormFile("data", "0SvV3QJEJc=")
	io.Copy(p, bytes.NewReader(content))
	w.Close()
	return c.Do("POST", path, b.String(), "Content-Type", w.FormDataContentType())
}

// path fills a route with ids of the owner's.
func (s *bwStage) path(route string) string {
	s.t.Helper()
	_, path, _ := strings.Cut(route, " ")
	id, file, device := "", vault.NewID[string](), s.owner.Device
	switch {
	case strings.Contains(path, "/attachment/{file}"):
		id, file = s.file()
	case strings.HasPrefix(path, "/api/ciphers/{id}"):
		id = s.item()
	case strings.HasPrefix(path, "/api/folders/{id}"):
		id = s.owner.Do("POST", "/api/folders", map[string]string{"name": s.owner.Enc("f")}).Want(200).Map()["id"].(string)
	case strings.HasPrefix(path, "/api/sends/{id}"):
		id = s.owner.Do("POST", "/api/sends", s.sendIn(0)).Want(200).Map()["id"].(string)
	case strings.HasPrefix(path, "/api/webauthn/{id}"):
		id = vault.NewID[string]()
	case strings.HasPrefix(path, "/api/users/{id}"):
		id = s.owner.ID
	case strings.HasPrefix(path, "/api/devices/"):
		other := s.owner.On(s.owner.Client, vault.NewID[string]())
		other.SignIn()
		device = other.Device
		id = s.owner.Do("GET", "/api/devices/identifier/"+device, nil).Want(200).Map()["id"].(string)
	case strings.HasPrefix(path, "/api/auth-requests/{id}"):
		_, pub, err := keyring.NewKeyPair()
		if err != nil {
			s.t.Fatal(err)
		}
		ask := map[string]any{"email": s.owner.Email, "publicKey": pub, "deviceIdentifier": s.owner.Device, "accessCode": "abcdefghijklmnopqrstuvwxy", "type": 0}
		id = s.n.Do("POST", "/api/auth-requests", ask, "Device-Type", "8").Want(200).Map()["id"].(string)
	}
	return strings.NewReplacer("{id}", id, "{file}", file, "{identifier}", device, "{email}", "x@example.com", "{access}", "AAAA").Replace(path)
}

func (s *bwStage) call(c servertest.Client, route string, row bwRow) *servertest.Answer {
	method, _, _ := strings.Cut(route, " ")
	path := s.path(route)
	body := row.body
	if f, ok := body.(mine); ok {
		body = f(s)
	}
	if f, ok := body.(func(*bwStage) any); ok {
		body = f(s)
	}
	if body == multipartBody {
		return upload(c, path, bytes.Repeat([]byte("x"), 100))
	}
	return c.Do(method, path, body)
}

// TestBitwardenPermissions calls every route of the door as everybody. A route
// without a row fails.
func TestBitwardenPermissions(t *testing.T) {
	o := servertest.Options(t)
	o.URL = "https://vault.example.com" // keys are bound to a host
	o.Guesses.Account = 1000            // half of what is asked here is wrong on purpose
	n := servertest.Start(t, o)
	s := &bwStage{t: t, n: n, owner: n.Join("owner@example.com")}
	other := n.Join("other@example.com")
	suspended := n.Join("suspended@example.com")
	n.Admin("admin").Do("PATCH", "/api/v1/admin/users/"+suspended.ID, map[string]string{"state": "suspended"}).Want(200)
	dead := n.Join("dead@example.com")
	dead.Do("POST", "/api/accounts/security-stamp", map[string]string{"masterPasswordHash": dead.Account.AuthHash}).Want(200)
	rest, _ := n.LogIn("owner@example.com")
	have := map[string]bool{}
	for _, rt := range n.Bitwarden.Routes() {
		route := rt.Method + " " + rt.Path
		have[route] = true
		row, ok := bwPermissions[route]
		if !ok {
			t.Errorf("%s has no row: say what each caller gets", route)
			continue
		}
		want := func(who string, c servertest.Client, status int) {
			t.Helper()
			if status == 0 {
				status = 200
			}
			a := s.call(c, route, row)
			holdsHeaders(t, route, a)
			if a.Status != status {
				t.Errorf("%s as %s: %d, want %d: %.300s", route, who, a.Status, status, a.Body)
			}
		}
		s.caller = s.owner
		if rt.Needs == 0 {
			want("a stranger", n.Client, row.anon)
			continue
		}
		for who, c := range map[string]servertest.Client{"a stranger": n.Client, "suspended": suspended.Client, "signed out": dead.Client, "a REST token": n.As(rest.Token)} {
			want(who, c, 401)
		}
		s.caller = other
		want("another", other.Client, row.other)
		s.caller = s.owner
		want("the owner", s.owner.Client, row.owner)
	}
	for route := range bwPermissions {
		if !have[route] {
			t.Errorf("%s has a row and is no route", route)
		}
	}
}

// TestHostileIDsInBodies: an account that a body names is never whom the request is for.
func TestHostileIDsInBodies(t *testing.T) {
	o := servertest.Options(t)
	o.Guesses.Account = 1000 // half of what is asked here is wrong on purpose
	n := servertest.Start(t, o)
	p, eve := n.Join("alice@example.com"), n.Join("eve@example.com")
	theirs := p.Add("x")["id"].(string)
	folder := p.Do("POST", "/api/folders", map[string]string{"name": p.Enc("f")}).Want(200).Map()["id"].(string)
	eve.Do("POST", "/api/ciphers", eve.Login("x", "encryptedFor", p.ID)).Want(400)
	eve.Do("POST", "/api/ciphers", eve.Login("x", "folderId", folder)).Want(400)
	eve.Do("POST", "/api/ciphers", eve.Login("x", "organizationId", vault.NewID[string]())).Want(404)
	made := eve.Do("POST", "/api/ciphers", eve.Login("x", "id", theirs, "userId", p.ID, "ownerId", p.ID)).Want(200).Map()
	if made["id"] == theirs {
		t.Error("a body chose the id")
	}
	eve.Do("POST", "/api/ciphers/import", map[string]any{"folders": []any{map[string]any{"id": folder, "name": eve.Enc("mine")}}, "ciphers": []any{eve.Login("y", "id", theirs, "userId", p.ID)},
		"folderRelationships": []any{map[string]any{"key": 0, "value": 0}}}).Want(200)
	if s := eve.Sync(); len(s.Ciphers) != 2 || s.Folders[0]["id"] == folder || s.Ciphers[1]["folderId"] != s.Folders[0]["id"] {
		t.Errorf("%v", s.Folders)
	}
	eve.Do("PUT", "/api/ciphers/move", map[string]any{"ids": []any{made["id"]}, "folderId": folder}).Want(400)
	if s := p.Sync(); len(s.Ciphers) != 1 || s.Ciphers[0]["id"] != theirs || len(s.Folders) != 1 {
		t.Errorf("%v", s.Ciphers)
	}
}
