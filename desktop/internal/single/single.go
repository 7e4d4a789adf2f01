// Package single lets the program run once for each folder of data: a second start
// tells the first what it was started with, and ends. It must carry no secret of a
// vault. Invariant: whoever holds the lock is the one who is told.
package single

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"strongroom/internal/filelock"
)

const (
	patience = 10 * time.Second
	between  = 50 * time.Millisecond
	maxBody  = 64 << 10
)

// address is where the first can be told, in a file that only its owner reads.
type address struct {
	Address, Token string
}

// First holds the place until it is closed.
type First struct {
	lock *os.File
	ln   net.Listener
	srv  *http.Server
}

// Claim takes the place of a folder. When another program has it, that one is told
// args, and first is nil. told is called in goroutines of its own.
func Claim(ctx context.Context, dir string, args []string, told func(args []string)) (first *First, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "desktop.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := filelock.Try(lock)
	if err != nil || !ok {
		lock.Close()
		if err == nil {
			err = tell(ctx, dir, args)
		}
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		lock.Close()
		return nil, err
	}
	at := address{Address: ln.Addr().String(), Token: rand.Text()}
	f := &First{lock: lock, ln: ln, srv: &http.Server{ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10,
		Handler: listener(at, told)}}
	if err := write(dir, at); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	go f.srv.Serve(ln) //nolint:errcheck // it ends with Close
	return f, nil
}

// Close gives the place up.
func (f *First) Close() error {
	f.srv.Close() //nolint:errcheck // what it was told last does not matter any more
	f.ln.Close()
	return f.lock.Close()
}

func write(dir string, at address) error {
	b, err := json.Marshal(at)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, "desktop.at")
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// listener hears second starts. A page in a browser can neither know the token nor
// send this header without being asked first, which nothing here answers.
func listener(at address, told func([]string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Host != at.Address || subtle.ConstantTimeCompare([]byte(r.Header.Get("Strongroom-Start")), []byte(at.Token)) != 1 {
			http.Error(w, "this is for other starts of the program", http.StatusForbidden)
			return
		}
		var args []string
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&args); err != nil {
			http.Error(w, "not a list of arguments", http.StatusBadRequest)
			return
		}
		go told(args)
		w.WriteHeader(http.StatusNoContent)
	})
}

// tell tells the first. It may have begun a moment ago and not have said where it is.
func tell(ctx context.Context, dir string, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := tellOnce(ctx, dir, args)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the program runs already and does not answer: %w", err)
		case <-time.After(between):
		}
	}
}

func tellOnce(ctx context.Context, dir string, args []string) error {
	b, err := os.ReadFile(filepath.Join(dir, "desktop.at"))
	if err != nil {
		return err
	}
	var at address
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(at.Address); err != nil || host != "127.0.0.1" {
		return errors.New("desktop.at names no port of this machine")
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at.Address+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Strongroom-Start", at.Token)
	res, err := (&http.Client{Transport: &http.Transport{Proxy: nil}}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return errors.New(res.Status)
	}
	return nil
}
