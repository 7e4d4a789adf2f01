package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
)

// door says when somebody comes in.
type door struct {
	net.Listener
	accepted chan struct{}
}

func (d *door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	select {
	case d.accepted <- struct{}{}:
	default:
	}
	return c, err
}

// TestRequestWhileStopping: a request that comes by a connection from before the
// end is answered, although nobody is let in any more.
func TestRequestWhileStopping(t *testing.T) {
	n, err := server.Open(t.Context(), servertest.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	door := &door{Listener: ln, accepted: make(chan struct{}, 1)}
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx, door, nil) }()
	at := ln.Addr().String()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /api/v1/version HTTP/1.1\r\nHost: %s\r\n", at)
	<-door.accepted
	stop()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		other, err := net.Dial("tcp", at)
		if err != nil {
			break
		}
		other.Close()
		if time.Now().After(deadline) {
			t.Fatal("it lets people in after its end")
		}
	}
	fmt.Fprint(conn, "\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !resp.Close {
		t.Errorf("%s, and the connection is to be closed: %t", resp.Status, resp.Close)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
}
