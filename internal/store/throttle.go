package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// A row of throttles is a bucket that leaks: full_at is when all that is in it will
// have leaked out, wait how long the last try made the next one wait, next_at when
// that is. So next_at - wait is when the last try was. Its id is a keyed index: neither an account nor an address can be read from it.

// GuessIndex is what a bucket is called where it is kept.
func (s *Store) GuessIndex(name string) string { return s.keys.index.Of("throttle", name) }

// errRace means that another transaction made the row first; run it again.
var errRace = errors.New("store: another was first")

// Take counts one try in each bucket, or in none: then it returns the fullest and
// when it takes the next one. The ids of buckets are GuessIndex's.
func (s *Store) Take(ctx context.Context, ids []string, rates []vault.Rate) (full string, next time.Time, err error) {
	order := make([]int, len(ids))
	for n := range order {
		order[n] = n
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ids[a], ids[b]) }) // so that two who take the same do not wait for each other
	err = s.insist(ctx, func(t *Tx) error {
		full, next = "", time.Time{}
		for _, n := range order {
			at, err := t.take(ctx, ids[n], rates[n])
			if err != nil {
				return err
			}
			if at.After(next) {
				full, next = ids[n], at
			}
		}
		if full != "" {
			return errFull
		}
		return nil
	}, func(err error) bool { return errors.Is(err, errRace) })
	if errors.Is(err, errFull) {
		err = nil
	}
	return full, next, err
}

// errFull rolls back what was counted in other buckets.
var errFull = errors.New("store: a bucket is full")

// take is one statement, so that of many tries at once, at however many nodes, no
// more pass than may. MySQL assigns from left to right: full_at, which the others
// look at, comes last.
func (t *Tx) take(ctx context.Context, id string, r vault.Rate) (next time.Time, err error) {
	now, every, wait, most := micros(t.Now), r.Every.Microseconds(), r.Wait.Microseconds(), r.MaxWait.Microseconds()
	if err := t.setBack(ctx, id); err != nil {
		return time.Time{}, err
	}
	room := now + int64(r.Free-1)*every
	n, err := t.exec(ctx, `UPDATE throttles SET
		next_at = CASE WHEN full_at <= ? THEN ? WHEN wait = 0 THEN ? WHEN wait + wait > ? THEN ? ELSE wait + wait + ? END,
		wait = CASE WHEN full_at <= ? THEN 0 WHEN wait = 0 THEN ? WHEN wait + wait > ? THEN ? ELSE wait + wait END,
		full_at = CASE WHEN full_at > ? THEN full_at + ? ELSE ? END
		WHERE id = ? AND (wait = 0 OR next_at <= ?)`,
		room, now, now+wait, most, now+most, now,
		room, wait, most, most,
		now, every, now+every, id, now)
	if err != nil || n > 0 {
		return time.Time{}, err
	}
	at, err := t.nextGuess(ctx, id)
	if err != nil || at != 0 {
		return clock(at), err
	}
	_, err = t.exec(ctx, `INSERT INTO throttles (id, full_at, wait, next_at) VALUES (?, ?, 0, ?)`, id, now+every, now)
	if t.s.d.unique(err) {
		return time.Time{}, errRace
	}
	return time.Time{}, err
}

// setBack has a try that was in the future, because the clock was set back since, count
// as one of now. It waits for nothing: what another bucket refuses undoes this, too.
func (t *Tx) setBack(ctx context.Context, id string) error {
	now := micros(t.Now)
	_, err := t.exec(ctx, `UPDATE throttles SET full_at = full_at - (next_at - wait - ?), next_at = ? WHERE id = ? AND next_at - wait > ?`,
		now, now, id, now+vault.ClockSlack.Microseconds())
	return err
}

// nextGuess is when a bucket takes the next try, 0 for now.
func (t *Tx) nextGuess(ctx context.Context, id string) (at int64, err error) {
	err = t.row(ctx, `SELECT next_at FROM throttles WHERE id = ? AND wait > 0 AND next_at - wait <= ?`, id, micros(t.Now.Add(vault.ClockSlack))).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return at, err
}

// Look is Take without counting anything.
func (s *Store) Look(ctx context.Context, ids []string) (full string, next time.Time, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		for _, id := range ids {
			at, err := t.nextGuess(ctx, id)
			if err != nil {
				return err
			}
			if at := clock(at); at.After(t.Now) && at.After(next) {
				full, next = id, at
			}
		}
		return nil
	})
	return full, next, err
}

// GiveBack takes one try out of each bucket again, because it was right.
func (s *Store) GiveBack(ctx context.Context, ids []string, rates []vault.Rate) (err error) {
	return s.Tx(ctx, func(t *Tx) error {
		for n, id := range ids {
			if _, err := t.exec(ctx, `UPDATE throttles SET full_at = full_at - ? WHERE id = ?`, rates[n].Every.Microseconds(), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// networkLife is how long a network stays familiar after its last sign-in, and
// networkFresh how old its time may grow before it is written again.
const (
	networkLife  = 90 * 24 * time.Hour
	networkFresh = 24 * time.Hour
	maxNetworks  = 50 // of one person; the one unused longest makes room
)

func (t *Tx) networkIndex(u vault.UserID, address string) string {
	return t.s.keys.index.Of("network", string(u)+"/"+vault.Network(address))
}

// Familiar finds out whose account a guess is about, "" for none, and whether it
// comes from where that account signed in before. It opens nothing: it is next to no
// work, whether the account exists or not.
func (t *Tx) Familiar(ctx context.Context, g vault.Guess) (u vault.UserID, f vault.Familiar, err error) {
	if strings.Contains(g.Account, "@") {
		err = t.row(ctx, `SELECT id FROM users WHERE email_index = ?`, t.emailIndex(g.Account)).Scan(&u)
	} else {
		err = t.row(ctx, `SELECT id FROM users WHERE id = ?`, g.Account).Scan(&u)
	}
	if err == nil && u != "" && g.Device != "" {
		err = t.row(ctx, `SELECT id FROM devices WHERE user_id = ? AND identifier_index = ?`, u, t.deviceIndex(u, g.Device)).Scan(&f.Device)
	}
	if u != "" && (err == nil || errors.Is(err, sql.ErrNoRows)) {
		var seen time.Time
		seen, err = t.networkSeen(ctx, u, g.Address)
		f.Network = t.Now.Sub(seen) < networkLife
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return u, f, err
}

// SawNetwork makes the network of address familiar to a person, who signed in from
// there. Mostly it is already, and nothing is written.
func (s *Store) SawNetwork(ctx context.Context, u vault.UserID, address string) error {
	var seen time.Time
	err := s.Read(ctx, func(t *Tx) (err error) {
		seen, err = t.networkSeen(ctx, u, address)
		return err
	})
	if err != nil || s.now().Sub(seen) < networkFresh {
		return err
	}
	err = s.Tx(ctx, func(t *Tx) error { return t.sawNetwork(ctx, u, address) })
	if errors.Is(err, errRace) { // another sign-in from there was first
		return nil
	}
	return err
}

func (t *Tx) networkSeen(ctx context.Context, u vault.UserID, address string) (time.Time, error) {
	var last int64
	err := t.row(ctx, `SELECT last_used_at FROM networks WHERE id = ?`, t.networkIndex(u, address)).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return clock(last), err
}

func (t *Tx) sawNetwork(ctx context.Context, u vault.UserID, address string) error {
	id := t.networkIndex(u, address)
	n, err := t.exec(ctx, `UPDATE networks SET last_used_at = ? WHERE id = ?`, micros(t.Now), id)
	if err != nil || n > 0 {
		return err
	}
	if err := t.trimNetworks(ctx, u); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO networks (id, user_id, last_used_at) VALUES (?, ?, ?)`, id, u, micros(t.Now))
	switch {
	case t.s.d.unique(err):
		return errRace
	case t.s.d.foreign(err): // the account was deleted meanwhile
		return vault.ErrUserNotFound
	}
	return err
}

func (t *Tx) trimNetworks(ctx context.Context, u vault.UserID) error {
	var old []string
	err := t.each(ctx, `SELECT id FROM networks WHERE user_id = ? ORDER BY last_used_at DESC, id LIMIT 1000`, []any{u}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		old = append(old, id)
		return err
	})
	for n := maxNetworks - 1; err == nil && n < len(old); n++ {
		_, err = t.exec(ctx, `DELETE FROM networks WHERE id = ?`, old[n])
	}
	return err
}

// ClearThrottles removes buckets that are empty again and networks that are no
// longer familiar.
func (t *Tx) ClearThrottles(ctx context.Context) error {
	if _, err := t.exec(ctx, `DELETE FROM throttles WHERE full_at < ? AND next_at < ?`, micros(t.Now), micros(t.Now)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM networks WHERE last_used_at < ?`, micros(t.Now.Add(-networkLife)))
	return err
}
