package server

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// TestRefuseNew: who is connected but not accepted is waited for, and keeps the
// connection; nobody else comes in, although the listener is still open.
func TestRefuseNew(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	early, err := new(net.Dialer).DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	returned := make(chan struct{})
	go func() { refuseNew(ln); close(returned) }()
	late := func() error {
		soon, done := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer done()
		c, err := new(net.Dialer).DialContext(soon, "tcp", ln.Addr().String())
		if err == nil {
			c.Close()
		}
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); late() == nil; {
		if time.Now().After(deadline) {
			t.Fatal("newcomers are let in")
		}
	}
	if err := late(); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a newcomer is told %v", err)
	}
	in, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	<-returned
	said := make([]byte, 1)
	if _, err := early.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Read(said); err != nil || said[0] != 'x' {
		t.Errorf("%q, %v", said, err)
	}
}
