package state

import (
	"os"
	"path/filepath"
	"testing"

	"strongroom/desktop/internal/testdir"
)

func TestStateIsKept(t *testing.T) {
	dir := filepath.Join(testdir.New(t), "new")
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Change(func(s *State) {
		s.Choice = "https://vault.example.com"
		s.Servers = append(s.Servers, Server{URL: s.Choice, Pin: "ab", At: "127.9.9.9:4000"})
		s.Window = Window{X: 1, Y: 2, Width: 3, Height: 4, Maximised: true}
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Read(func(s *State) {
		if v := s.Server("https://vault.example.com"); v == nil || v.Pin != "ab" || v.At != "127.9.9.9:4000" || !s.Window.Maximised {
			t.Errorf("%+v", s)
		}
		if s.Server("https://other.example.com") != nil {
			t.Error("a server that was never chosen")
		}
	})
}

// TestBrokenStateIsAnError: silently forgetting it would forget whom to trust.
func TestBrokenStateIsAnError(t *testing.T) {
	dir := testdir.New(t)
	if err := os.WriteFile(filepath.Join(dir, "desktop.json"), []byte(`{"Servers":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("half a file was taken for a state")
	}
}
