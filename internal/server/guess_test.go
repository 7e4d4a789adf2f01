package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// from posts to a route from an address of its own.
func from(h http.Handler, address, path, kind, body string) int {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Forwarded-For", address)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestInvitationsAreCounted at each route that tells a right one from a wrong one,
// together; who comes from elsewhere is not held back by it.
func TestInvitationsAreCounted(t *testing.T) {
	o := servertest.Options(t)
	byInvitation(t)(&o)
	o.Trusted = loopback
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	made := admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com", "by", "link")).Want(201).Map()
	right := linkToken(t, made["link"].(string)).Get("token")
	wrong := "sri_" + strings.Repeat("A", 43)
	register := func(address, tok string) int {
		return from(n.Handler, address, "/api/v1/register", "application/json",
			fmt.Sprintf(`{"username":"bob@example.com","password":%q,"invitation":%q}`, servertest.Password, tok))
	}
	check := func(address, tok string) int {
		return from(n.Handler, address, "/identity/accounts/register/verification-email-clicked", "application/json",
			fmt.Sprintf(`{"email":"bob@example.com","emailVerificationToken":%q}`, tok))
	}
	held := 0
	for i := range 30 {
		ask := []func(address, tok string) int{register, check}[i%2]
		switch status := ask("203.0.113.7", wrong); status {
		case http.StatusTooManyRequests:
			held++
		case http.StatusBadRequest, http.StatusUnprocessableEntity:
		default:
			t.Fatalf("a wrong invitation gets %d", status)
		}
	}
	if held < 5 || held > 10 {
		t.Errorf("%d of 30 were held back, want what is over 20", held)
	}
	if status := register("203.0.113.7", right); status != http.StatusTooManyRequests {
		t.Errorf("a network that guessed may go on: %d", status)
	}
	if status := check("198.51.100.1", right); status != http.StatusOK {
		t.Errorf("the one who was invited is asked to wait: %d", status)
	}
}

// TestOwnersSecondStep: somebody who knows the password guesses codes until nobody
// may any more, and the owner still gets in on a device that is known; so does their
// step-up, which counts for the device as well.
func TestOwnersSecondStep(t *testing.T) {
	var clock moving
	o := servertest.Options(t)
	clock.of(&o)
	o.URL, o.Trusted = vaultOrigin, loopback
	n := servertest.Start(t, o)
	p := n.Join("alice@example.com")
	seed := authenticator(t, p, &clock)
	token := func(p *servertest.Person, code, address string) int {
		return from(n.Handler, address, "/identity/connect/token", "application/x-www-form-urlencoded",
			p.Form("twoFactorProvider", "0", "twoFactorToken", code).Encode())
	}
	thief := p.On(p.Client, vault.NewID[string]())
	held := 0
	for i := range 40 {
		if token(thief, "000000", fmt.Sprintf("203.0.113.%d", i)) == http.StatusTooManyRequests {
			held++
		}
	}
	if held < 25 {
		t.Errorf("%d of 40 codes were held back", held)
	}
	clock.pass(90 * time.Second)
	if status := token(p, codeAt(t, seed, clock.now()), "198.51.100.77"); status != http.StatusOK {
		t.Errorf("the owner on a known device gets %d", status)
	}
	clock.pass(90 * time.Second)
	p.Do("POST", "/api/v1/step-up", body("otp", codeAt(t, seed, clock.now()))).Want(200)
}

// TestPasskeysOfNobodyAreCounted: an answer that names no account is a guess, too.
func TestPasskeysOfNobodyAreCounted(t *testing.T) {
	o := servertest.Options(t)
	o.Trusted, o.Guesses.Network = loopback, 5
	n := servertest.Start(t, o)
	got := map[int]int{}
	for range 20 {
		f := url.Values{"grant_type": {"webauthn"}, "deviceResponse": {"{}"}, "scope": {"api offline_access"}, "client_id": {"web"}, "deviceType": {"9"},
			"deviceIdentifier": {vault.NewID[string]()}, "deviceName": {"chrome"}}
		got[from(n.Handler, "203.0.113.7", "/identity/connect/token", "application/x-www-form-urlencoded", f.Encode())]++
	}
	if got[http.StatusTooManyRequests] < 10 || got[http.StatusBadRequest] < 5 {
		t.Errorf("answers %v", got)
	}
}
