// Package throttle bounds how often anything that tells right from wrong can be
// asked. It must not know what is right: it counts before the question is looked
// at. Invariant: a guess that cannot be counted is not let through, and all nodes
// count in one place.
package throttle

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Limiter counts guesses in the database, or in Redis while that answers.
type Limiter struct {
	Store  *store.Store
	Redis  *Redis // nil for the database
	Limits vault.GuessLimits
	Now    func() time.Time
	Log    *slog.Logger

	mu   sync.Mutex
	full map[string]span // buckets that are known to be full
}

// span is since when a bucket is known to be full, and until when.
type span struct{ since, until time.Time }

// holds is false, too, when the clock was set back since.
func (s span) holds(now time.Time) bool {
	return s.until.After(now) && !s.since.After(now.Add(vault.ClockSlack))
}

// Close ends what the limiter holds.
func (l *Limiter) Close() error {
	if l.Redis == nil {
		return nil
	}
	return l.Redis.Close()
}

// Ticket is a guess that was let through and counted as wrong.
type Ticket struct {
	l     *Limiter
	ids   []string
	rates []vault.Rate
	user  vault.UserID
}

// Try counts a guess before it is looked at, or returns vault.ErrTooManyGuesses
// with the time to wait.
func (l *Limiter) Try(ctx context.Context, g vault.Guess) (*Ticket, error) {
	t, err := l.ticket(ctx, &g)
	if err != nil {
		return nil, err
	}
	now := l.Now()
	full, next, err := l.take(ctx, t)
	if err != nil {
		return nil, err
	}
	if next.IsZero() {
		return t, nil
	}
	l.remember(full, next, now)
	return nil, l.refuse(ctx, t.user, g, next.Sub(now))
}

// Judge runs judge unless there were too many guesses like g. What judge returns
// says whether it was a wrong one (vault.WrongGuess); only those are kept in the count.
func (l *Limiter) Judge(ctx context.Context, g vault.Guess, judge func(context.Context) error) error {
	t, err := l.Try(ctx, g)
	if err != nil {
		return err
	}
	err = judge(ctx)
	if vault.WrongGuess(err) {
		return err
	}
	if back := t.Right(ctx); err == nil {
		err = back
	}
	return err
}

// Watch is Judge for secrets that nobody guesses (128 random bits and more): it
// counts what was wrong and costs next to nothing for what is right.
func (l *Limiter) Watch(ctx context.Context, g vault.Guess, judge func(context.Context) error) error {
	t, err := l.ticket(ctx, &g)
	if err != nil {
		return err
	}
	if _, next, err := l.look(ctx, t); err != nil || !next.IsZero() {
		return orElse(err, vault.ErrTooManyGuesses.After(next.Sub(l.Now())))
	}
	err = judge(ctx)
	if !vault.WrongGuess(err) {
		return err
	}
	if _, full := l.Try(ctx, g); full != nil {
		return full
	}
	return err
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Welcome makes the network of address familiar to an account: call it once all
// that a sign-in asks for was right.
func (l *Limiter) Welcome(ctx context.Context, u vault.UserID, address string) error {
	return l.Store.SawNetwork(ctx, u, address)
}

// ticket finds the buckets of a guess, unless one of them is known to be full: the
// cheapest refusal.
func (l *Limiter) ticket(ctx context.Context, g *vault.Guess) (*Ticket, error) {
	var f vault.Familiar
	t := &Ticket{l: l}
	if g.Account != "" {
		err := l.Store.Read(ctx, func(tx *store.Tx) (err error) {
			t.user, f, err = tx.Familiar(ctx, *g)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if t.user != "" {
		g.Account = string(t.user) // by id and by address it is one account
	}
	for _, b := range g.Buckets(f, l.Limits) {
		t.ids, t.rates = append(t.ids, l.Store.GuessIndex(b.Name)), append(t.rates, b.Rate)
	}
	now := l.Now()
	if next := l.known(t.ids, now); !next.IsZero() {
		return nil, vault.ErrTooManyGuesses.After(next.Sub(now))
	}
	return t, nil
}

// Right takes the guess out of the count again.
func (t *Ticket) Right(ctx context.Context) error {
	if t.l.Redis != nil && t.l.Redis.giveBack(ctx, t.ids, t.rates) == nil {
		return nil
	}
	return t.l.Store.GiveBack(ctx, t.ids, t.rates)
}

func (l *Limiter) take(ctx context.Context, t *Ticket) (full string, next time.Time, err error) {
	if l.Redis != nil {
		if full, next, err = l.Redis.take(ctx, l.Now(), t.ids, t.rates); err == nil {
			return full, next, nil
		}
	}
	return l.Store.Take(ctx, t.ids, t.rates)
}

func (l *Limiter) look(ctx context.Context, t *Ticket) (full string, next time.Time, err error) {
	if l.Redis != nil {
		if full, next, err = l.Redis.look(ctx, l.Now(), t.ids); err == nil {
			return full, next, nil
		}
	}
	return l.Store.Look(ctx, t.ids)
}

// refuse writes down that guesses are held back: once each time that a bucket
// begins to refuse at this node, not once for every guess.
func (l *Limiter) refuse(ctx context.Context, u vault.UserID, g vault.Guess, wait time.Duration) error {
	err := l.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventHeldBack, User: u, Address: g.Address, Detail: string(g.Place)})
	})
	if err != nil {
		return err
	}
	return vault.ErrTooManyGuesses.After(max(wait, time.Second))
}

// maxFull bounds what one node remembers of full buckets.
const maxFull = 20_000

func (l *Limiter) known(ids []string, now time.Time) (next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if s := l.full[id]; s.holds(now) && s.until.After(next) {
			next = s.until
		}
	}
	return next
}

func (l *Limiter) remember(id string, next, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full == nil || len(l.full) >= maxFull {
		still := map[string]span{}
		for id, s := range l.full {
			if s.holds(now) && len(still) < maxFull/2 {
				still[id] = s
			}
		}
		l.full = still
	}
	l.full[id] = span{now, next}
}
