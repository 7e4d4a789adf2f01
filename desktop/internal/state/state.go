// Package state is what the desktop program remembers between two runs: where its
// window stood, which vault it showed, which servers it trusts. It must hold no
// secret. Invariant: the file is replaced as a whole or not at all.
package state

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Personal is the choice of the vault on this machine.
const Personal = "personal"

// What calls the quick search.
const (
	UsualKeys = "Ctrl+Alt+Space"
	NoKeys    = "none"
)

// Window is where the window stood.
type Window struct {
	X, Y, Width, Height int
	Maximised           bool
}

// Server is one that was chosen. Pin is the fingerprint of a key that its
// certificates must lead to, "" when the system's authorities decide. At is the
// place on loopback that its pages had.
type Server struct {
	URL string
	Pin string `json:",omitempty"`
	At  string
}

// State is the file.
type State struct {
	Window     Window
	Choice     string // Personal, the URL of a server, or "" for neither yet
	PersonalAt string // as a server's
	Servers    []Server
	StayInTray bool   // closing the window locks and hides it
	TellNewer  bool   // say when the server is a newer release than this program
	Quick      string `json:",omitempty"` // the keys that call the quick search, "" for the usual ones, NoKeys for none

	path string
	mu   sync.Mutex
}

// Load reads the state of a folder. A missing file is a fresh state; one that
// cannot be read is an error, for trust in servers stands in it.
func Load(dir string) (*State, error) {
	s := &State{path: filepath.Join(dir, "desktop.json")}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, s)
	}
	return s, err
}

// Change changes the state and saves it.
func (s *State) Change(f func(*State)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	tmp := s.path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.path)
}

// Read hands a consistent state to f, which must not keep it.
func (s *State) Read(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// QuickKeys are the keys that call the quick search, "" for none, in a state that
// Change or Read handed out.
func (s *State) QuickKeys() string {
	switch s.Quick {
	case "":
		return UsualKeys
	case NoKeys:
		return ""
	}
	return s.Quick
}

// Server finds a server by its URL, in a state that Change or Read handed out.
func (s *State) Server(url string) *Server {
	n := slices.IndexFunc(s.Servers, func(v Server) bool { return v.URL == url })
	if n < 0 {
		return nil
	}
	return &s.Servers[n]
}
