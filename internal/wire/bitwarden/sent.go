package bitwarden

import (
	"sync"
	"time"

	"strongroom/internal/vault"
)

// sent keeps the items of vaults as they were sent lately, encoded: the devices
// of a person sync one after another, and clients sync more often than something
// changes. What is kept is the client's ciphertext. It counts for one time of
// change, which every request reads anew and which never comes again (store.Touch).
type sent struct {
	mu     sync.Mutex
	size   int
	vaults map[vault.UserID]*sentVault
	claims map[vault.UserID]bool
}

type sentVault struct {
	changed time.Time
	batches [][]byte
	size    int
	used    time.Time
	forget  *time.Timer
}

const (
	maxSent   = 32 << 20 // bytes, of all vaults
	maxClaims = 2        // vaults that are gathered at once: until they are whole they count as nobody's
	sentLife  = 2 * time.Minute
)

// find returns what the caller would be sent, if it was sent lately.
func (s *sent) find(c vault.Caller) ([][]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vaults[c.User]
	if v == nil || !v.changed.Equal(c.Changed) || c.Folder != "" {
		return nil, false
	}
	v.used = time.Now()
	v.forget.Reset(sentLife)
	return v.batches, true
}

// claim reports whether the caller should gather what it sends: one at a time
// does for each person, and few in all. release gives the claim back.
func (s *sent) claim(u vault.UserID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claims[u] || len(s.claims) >= maxClaims {
		return false
	}
	if s.claims == nil {
		s.claims = map[vault.UserID]bool{}
	}
	s.claims[u] = true
	return true
}

func (s *sent) release(u vault.UserID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.claims, u)
}

// add keeps what a caller was sent. The vaults that were not asked for longest
// make room.
func (s *sent) add(c vault.Caller, batches [][]byte) {
	if c.Folder != "" {
		return
	}
	v := &sentVault{changed: c.Changed, batches: batches, used: time.Now()}
	for _, b := range batches {
		v.size += cap(b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(c.User)
	for s.size+v.size > maxSent && len(s.vaults) > 0 {
		var oldest vault.UserID
		for u, o := range s.vaults {
			if oldest == "" || o.used.Before(s.vaults[oldest].used) {
				oldest = u
			}
		}
		s.drop(oldest)
	}
	if s.vaults == nil {
		s.vaults = map[vault.UserID]*sentVault{}
	}
	s.vaults[c.User] = v
	s.size += v.size
	v.forget = time.AfterFunc(sentLife, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.vaults[c.User] == v && time.Since(v.used) >= sentLife {
			s.drop(c.User)
		}
	})
}

func (s *sent) drop(u vault.UserID) {
	if v := s.vaults[u]; v != nil {
		v.forget.Stop()
		s.size -= v.size
		delete(s.vaults, u)
	}
}
