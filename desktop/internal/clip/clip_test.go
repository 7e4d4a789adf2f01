package clip

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type memory struct {
	mu   sync.Mutex
	text string
	busy bool // somebody else has it open
}

func (m *memory) Read() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy {
		return "", errors.New("busy")
	}
	return m.text, nil
}

func (m *memory) Write(text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
	return nil
}

func (m *memory) hold(busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = busy
}

func TestClipboardIsCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		c := &Clip{Board: m}
		want := func(what, text string) {
			t.Helper()
			synctest.Wait()
			if got, _ := m.Read(); got != text {
				t.Errorf("%s: %q, not %q", what, got, text)
			}
		}
		c.Copy("one", 30*time.Second)
		time.Sleep(20 * time.Second)
		c.Copy("two", 30*time.Second)
		time.Sleep(20 * time.Second)
		want("the first's end is not the second's", "two")
		time.Sleep(10 * time.Second)
		want("after its time", "")
		c.Copy("three", 30*time.Second)
		m.Write("somebody else's")
		time.Sleep(time.Minute)
		want("what came from elsewhere", "somebody else's")
		c.Copy("held", time.Minute)
		m.hold(true)
		time.Sleep(2*time.Minute + again/2)
		m.hold(false)
		want("while it could not be cleared", "held")
		time.Sleep(again)
		want("once it could", "")
		c.Copy("four", 0)
		time.Sleep(time.Hour)
		want("without an end", "four")
		c.Clear()
		want("cleared", "")
		m.Write("five")
		c.Clear()
		want("cleared with nothing of ours", "five")
	})
}
