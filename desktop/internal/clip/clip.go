// Package clip puts values on the clipboard for a while. It must not keep them:
// what was copied is known by its hash alone. Invariant: only what came from here
// is cleared, whatever became of the window that asked.
package clip

import (
	"crypto/sha256"
	"sync"
	"time"
)

const again = 2 * time.Second

// Board is the system's clipboard. Write of "" empties it.
type Board interface {
	Read() (string, error)
	Write(text string) error
}

// Clip is the clipboard with a clock.
type Clip struct {
	Board Board

	mu    sync.Mutex
	held  [sha256.Size]byte
	holds bool
	timer *time.Timer
	round int // of which copy a timer is
}

// Copy puts text on the clipboard, until after has passed (0 for no end), something
// else is copied, or Clear.
func (c *Clip) Copy(text string, after time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	if err := c.Board.Write(text); err != nil {
		return err
	}
	c.held, c.holds = sha256.Sum256([]byte(text)), true
	c.round++
	if after > 0 {
		c.later(c.round, after)
	}
	return nil
}

// later clears a copy after a while, and tries again while the clipboard does not
// answer: another program may hold it. The caller holds mu.
func (c *Clip) later(round int, after time.Duration) {
	c.timer = time.AfterFunc(after, func() {
		if c.clear(round) == nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.holds && round == c.round {
			c.later(round, again)
		}
	})
}

// Clear empties the clipboard if what is on it came from here.
func (c *Clip) Clear() error { return c.clear(0) }

// clear is of one copy, or of whatever is there for 0.
func (c *Clip) clear(round int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holds || round != 0 && round != c.round {
		return nil
	}
	text, err := c.Board.Read()
	if err == nil && sha256.Sum256([]byte(text)) == c.held {
		err = c.Board.Write("")
	}
	c.holds = err != nil
	return err
}
