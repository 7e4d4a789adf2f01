package server

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

// Debug answers with profiles and with counts of goroutines and memory. It tells
// nothing of what the server keeps; what it was started with it does not tell
// either. It is not mounted beside the doors: DEBUG_LISTEN gives it a port of its own.
func Debug() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/state", debugState)
	mux.HandleFunc("GET /debug/pprof/profile", cpuProfile)
	mux.HandleFunc("GET /debug/pprof/{name}", func(w http.ResponseWriter, r *http.Request) {
		p := pprof.Lookup(r.PathValue("name"))
		if p == nil {
			http.NotFound(w, r)
			return
		}
		text, _ := strconv.Atoi(r.URL.Query().Get("debug")) // what is no number is 0, the binary form
		p.WriteTo(w, text)                                  //nolint:errcheck // the client is gone
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A web page may bring its own name to this address, but not this address as its name.
		if a, err := netip.ParseAddrPort(r.Host); err != nil || !a.Addr().IsLoopback() {
			http.Error(w, "Ask by the loopback address.", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func debugState(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]uint64{"goroutines": uint64(runtime.NumGoroutine()), "heapBytes": m.HeapAlloc, "heapObjects": m.HeapObjects, "fromSystemBytes": m.Sys, "collections": uint64(m.NumGC)}) //nolint:errcheck // the client is gone
}

// maxProfile bounds how long one request may sample.
const maxProfile = time.Minute

func cpuProfile(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.URL.Query().Get("seconds"))
	if err != nil || seconds < 1 || time.Duration(seconds)*time.Second > maxProfile {
		seconds = 10
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		http.Error(w, "A profile is being taken already.", http.StatusConflict)
		return
	}
	defer pprof.StopCPUProfile()
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-r.Context().Done():
	}
}

// ServeDebug answers with Debug on a loopback address until ctx ends.
func ServeDebug(ctx context.Context, address string) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: Debug(), ReadHeaderTimeout: headerTimeout}
	go srv.Serve(ln)                               //nolint:errcheck // it ends with ctx
	context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // nothing is lost with it
	return nil
}
