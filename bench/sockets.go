package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// perPerson is how many devices of one person listen: fewer than the server allows.
const perPerson = 50

// person is somebody with an official client.
type person struct {
	token string
	user  keyring.SymKey
}

// join makes an account as a client does, with the quickest derivation, and signs in.
func join(base, email string) (p person, err error) {
	a, err := keyring.NewAccount(email, password, keyring.KDF{Type: keyring.Argon2id, Iterations: 2, MemoryMiB: 16, Parallelism: 1})
	if err != nil {
		return p, err
	}
	body, err := json.Marshal(map[string]any{"email": email, "masterPasswordHash": a.AuthHash, "key": a.ProtectedKey, "kdf": 1, "kdfIterations": 2, "kdfMemory": 16, "kdfParallelism": 1,
		"keys": map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}})
	if err != nil {
		return p, err
	}
	if _, err := do("POST", base+"/identity/accounts/register", "", "application/json", body, 200); err != nil {
		return p, err
	}
	form := url.Values{"grant_type": {"password"}, "username": {email}, "password": {a.AuthHash}, "client_id": {"cli"}, "scope": {"api offline_access"},
		"deviceType": {"25"}, "deviceIdentifier": {vault.NewID[string]()}, "deviceName": {"linux"}}
	b, err := do("POST", base+"/identity/connect/token", "", "application/x-www-form-urlencoded", []byte(form.Encode()), 200)
	if err != nil {
		return p, err
	}
	var t struct {
		Token string `json:"access_token"`
	}
	return person{t.Token, a.UserKey}, json.Unmarshal(b, &t)
}

// listen opens a connection to the hub and counts what it hears.
func listen(base, token string, heard *sync.WaitGroup) (*websocket.Conn, error) {
	ctx := context.Background()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+"/notifications/hub?access_token="+token, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		return nil, err
	}
	if err := ws.Write(ctx, websocket.MessageText, []byte(`{"protocol":"messagepack","version":1}`+"\x1e")); err != nil {
		return nil, err
	}
	if _, _, err := ws.Read(ctx); err != nil {
		return nil, err
	}
	go func() {
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return
			}
			if bytes.Contains(b, []byte("ReceiveMessage")) {
				heard.Done()
			}
		}
	}()
	return ws, nil
}

// cpu is what the server has used so far, in seconds.
func (s *server) cpu() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	var user, system float64
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &system)
	return (user + system) / 100
}

// sockets measures n connected devices: memory, the cost of their silence, and
// how long it takes until all of them heard of a change.
func sockets(s *server, n int) error {
	var people []person
	var heard sync.WaitGroup
	for len(people)*perPerson < n {
		p, err := join(s.url, fmt.Sprintf("listener%d@example.com", len(people)))
		if err != nil {
			return err
		}
		people = append(people, p)
	}
	before := s.rss()
	heard.Add(n)
	for i := range n {
		ws, err := listen(s.url, people[i/perPerson].token, &heard)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		defer ws.CloseNow()
	}
	used, at := s.cpu(), time.Now()
	time.Sleep(*idle)
	cost := (s.cpu() - used) / time.Since(at).Seconds() * 100
	with := s.rss()
	at = time.Now()
	for _, p := range people {
		body, err := json.Marshal(map[string]any{"name": p.user.EncryptString("folder")})
		if err != nil {
			return err
		}
		if _, err := do("POST", s.url+"/api/folders", p.token, "application/json", body, 200); err != nil {
			return err
		}
	}
	heard.Wait()
	fmt.Printf("\n%d connected devices of %d people: %.0f MB (%.0f MB before), %.2f %% of a core while idle; one change of each person heard by all in %d ms\n",
		n, len(people), with, before, cost, time.Since(at).Milliseconds())
	return nil
}
