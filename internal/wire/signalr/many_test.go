package signalr

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"strongroom/internal/live"
	"strongroom/internal/vault"
)

// TestManyConnections: each of a thousand hears one notice, and when they have
// gone no goroutine and no listener is left.
func TestManyConnections(t *testing.T) {
	const users, each = 20, 50
	hub, next := live.New(), make(chan vault.UserID, users*each)
	for n := range users * each {
		next <- vault.UserID('a' + rune(n%users))
	}
	url := serve(t, door(func() (*live.Listener, error) { return hub.Join(<-next, "s") }, Options{Target: TargetDevice}))
	before, memory := runtime.NumGoroutine(), used()
	clients := make([]client, users*each)
	for n := range clients {
		clients[n] = dial(t, url, nil).greeted()
	}
	t.Logf("%d connections, with their clients: %d KiB and %d goroutines each", hub.Count(), (used()-memory)>>10/uint64(len(clients)), (runtime.NumGoroutine()-before)/len(clients))

	began := time.Now()
	for n := range users {
		hub.Tell(vault.Notice{Kind: vault.NoticeVault, User: vault.UserID('a' + rune(n))})
	}
	heard := map[any]int{}
	for _, c := range clients {
		m := c.hearMessage()
		heard[m[4].([]any)[0].(map[string]any)["Payload"].(map[string]any)["UserId"]]++
	}
	t.Logf("all heard after %v", time.Since(began))
	if len(heard) != users {
		t.Errorf("%d users heard", len(heard))
	}
	for u, n := range heard {
		if n != each {
			t.Errorf("%v heard %d times", u, n)
		}
	}

	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() { c.Close(1000, "") })
	}
	all.Wait()
	for patience := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before || hub.Count() > 0; runtime.Gosched() {
		if time.Now().After(patience) {
			t.Fatalf("%d goroutines more than before, %d listeners", runtime.NumGoroutine()-before, hub.Count())
		}
	}
}

func used() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
