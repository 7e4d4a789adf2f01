package servertest

import (
	"net"
	"testing"
	"time"
)

// Port8000 waits until no other test needs port 8000, which people are told to
// use: what the documents say is tried as they say it. Holding another port is
// the lock, so it ends with the process.
func Port8000(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		ln, err := net.Listen("tcp", "127.0.0.1:7999")
		if err == nil {
			t.Cleanup(func() { ln.Close() })
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("another test has kept port 8000 for ten minutes:", err)
		}
	}
}
