package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"strongroom/internal/seal"
	"strongroom/internal/vault"
)

// instance is the owner of what belongs to no person.
const instance = "instance"

// maxCachedKeys bounds the opened data keys in memory; one takes about 1 KB.
const maxCachedKeys = 10_000

// keyRing holds FERNET_KEY and the data keys that were opened with it.
type keyRing struct {
	mu     sync.RWMutex
	roots  seal.Keys
	reload func() (seal.Keys, error)
	opened map[string]seal.DataKey
	self   seal.DataKey // the instance's
	index  seal.Index
	chain  seal.Chain
}

func newKeyRing(roots seal.Keys, reload func() (seal.Keys, error)) *keyRing {
	return &keyRing{roots: roots, reload: reload, opened: map[string]seal.DataKey{}}
}

func (k *keyRing) root() seal.Keys {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.roots
}

func (k *keyRing) cached(owner string) (seal.DataKey, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	d, ok := k.opened[owner]
	return d, ok
}

func (k *keyRing) keep(owner string, d seal.DataKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.opened) >= maxCachedKeys {
		for o := range k.opened { // any one will do: what is missed is opened again
			delete(k.opened, o)
			break
		}
	}
	k.opened[owner] = d
}

func (k *keyRing) forget(owner string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.opened, owner)
}

// refresh reads FERNET_KEY anew; a rotation that began elsewhere has changed it.
func (k *keyRing) refresh() error {
	if k.reload == nil {
		return seal.ErrNoKey
	}
	roots, err := k.reload()
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.roots = roots
	return nil
}

// under are the keys to wrap with while the key of that id is announced as the newest,
// "" for none. Who lacks it would wrap under a key that a rotation has left behind.
func (k *keyRing) under(id string) (seal.Keys, error) {
	roots := k.root()
	if id == "" {
		return roots, nil
	}
	if first, ok := roots.First(id); ok {
		return first, nil
	}
	if err := k.refresh(); err != nil {
		return seal.Keys{}, ErrUnavailable.Because(err)
	}
	if first, ok := k.root().First(id); ok {
		return first, nil
	}
	return seal.Keys{}, ErrUnavailable.Because(fmt.Errorf("%w: key %s, which new data keys go under", seal.ErrNoKey, id))
}

func (k *keyRing) unwrap(owner, token, keyID string) (seal.DataKey, error) {
	d, err := k.root().Unwrap(owner, token, keyID)
	if errors.Is(err, seal.ErrNoKey) && k.refresh() == nil {
		d, err = k.root().Unwrap(owner, token, keyID)
	}
	if err == nil {
		k.keep(owner, d)
	}
	return d, err
}

var errNoDataKey = errors.New("store: this owner has no data key")

// key returns an owner's opened data key.
func (t *Tx) key(ctx context.Context, owner string) (seal.DataKey, error) {
	if d, ok := t.s.keys.cached(owner); ok {
		return d, nil
	}
	var token, id string
	err := t.row(ctx, `SELECT token, key_id FROM data_keys WHERE owner_id = ?`, owner).Scan(&token, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return seal.DataKey{}, errNoDataKey
	}
	if err != nil {
		return seal.DataKey{}, err
	}
	return t.s.keys.unwrap(owner, token, id)
}

const (
	newestKey = "newest_key" // setting: the id of the FERNET_KEY under which new data keys go
	keyTurn   = "key_turn_"  // settings, keyTurns of them: whoever makes a data key writes one, a new FERNET_KEY all, so that of these two at once one is run again
	keyTurns  = 4
)

// insertKey makes an owner's data key. It locks the row that names the newest
// FERNET_KEY, so that a rotation sees every key made before it. Nodes of Galera do
// not see each other's locks; what they do refuse is two writes of one row.
func (t *Tx) insertKey(ctx context.Context, owner string) (seal.DataKey, error) {
	var newest string
	err := t.row(ctx, `SELECT value FROM settings WHERE name = ?`+t.s.d.lock, newestKey).Scan(&newest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return seal.DataKey{}, err
	}
	roots, err := t.s.keys.under(newest)
	if err != nil {
		return seal.DataKey{}, err
	}
	if newest != "" && t.s.d.lock != "" {
		if err := t.turn(ctx, int(owner[len(owner)-1])%keyTurns); err != nil {
			return seal.DataKey{}, err
		}
	}
	d := seal.NewDataKey()
	token, id := roots.Wrap(owner, d, t.Now)
	_, err = t.exec(ctx, `INSERT INTO data_keys (owner_id, key_id, token, created_at) VALUES (?, ?, ?, ?)`, owner, id, token, micros(t.Now))
	return d, err
}

// checkKeys refuses keys that do not open this database, before anything is changed.
func (s *Store) checkKeys(ctx context.Context) error {
	ok, err := s.hasTable(ctx, "data_keys")
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	if !ok {
		return nil
	}
	var token, id string
	err = s.read.QueryRowContext(ctx, s.d.rebind(`SELECT token, key_id FROM data_keys WHERE owner_id = ?`), instance).Scan(&token, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	if _, err := s.keys.root().Unwrap(instance, token, id); err != nil {
		return fmt.Errorf("FERNET_KEY does not open this database (it was sealed under key %s): put the right key into .env; nothing was changed: %w", id, err)
	}
	return nil
}

// openInstance opens the instance's key, or makes it in an empty database.
func (s *Store) openInstance(ctx context.Context, look bool) error {
	load := func(t *Tx) (err error) {
		if s.keys.self, err = t.key(ctx, instance); err == nil {
			s.keys.index, s.keys.chain = seal.NewIndex(s.keys.self), seal.NewChain(s.keys.self)
		}
		return err
	}
	err := s.Read(ctx, load)
	if look || !errors.Is(err, errNoDataKey) {
		return err
	}
	err = s.Tx(ctx, func(t *Tx) error {
		if _, err := t.insertKey(ctx, instance); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO settings (name, value) VALUES (?, ?)`, newestKey, s.keys.root().Newest())
		return err
	})
	if err != nil && !s.d.unique(err) { // another node was first
		return err
	}
	return s.Read(ctx, load)
}

// sealed seals one value under an owner's key; it opens at this place only.
func (t *Tx) seal(ctx context.Context, owner, table, id string, plain []byte) (string, error) {
	k, err := t.key(ctx, owner)
	if err != nil {
		return "", err
	}
	return k.Seal(place(table, id), plain, t.Now), nil
}

func (t *Tx) unseal(ctx context.Context, owner, table, id, token string) ([]byte, error) {
	k, err := t.key(ctx, owner)
	if err != nil {
		return nil, err
	}
	return open(k, table, id, token)
}

func open(k seal.DataKey, table, id, token string) ([]byte, error) {
	plain, err := k.Open(place(table, id), token)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", table, id, err)
	}
	return plain, nil
}

// place: every table has one sealed column, which has this name.
func place(table, id string) seal.Place { return seal.Place{Table: table, Column: "sealed", ID: id} }

func (t *Tx) turn(ctx context.Context, n int) error {
	return t.putSetting(ctx, keyTurn+strconv.Itoa(n), vault.NewRowID[string]())
}

// announceKey has every data key made from now on be under the newest FERNET_KEY. It
// is a short transaction of its own, which gets through a crowd in the end.
func (s *Store) announceKey(ctx context.Context) error {
	newest := s.keys.root().Newest()
	announce := func(t *Tx) error {
		var is string
		err := t.row(ctx, `SELECT value FROM settings WHERE name = ?`, newestKey).Scan(&is)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || is == newest {
			return err
		}
		if err := t.putSetting(ctx, newestKey, newest); err != nil || t.s.d.lock == "" {
			return err
		}
		for n := range keyTurns {
			if err := t.turn(ctx, n); err != nil {
				return err
			}
		}
		return nil
	}
	return s.insist(ctx, announce, s.d.retryable) // each new account is in its way, and it in theirs
}

// Rotation is how far a change of FERNET_KEY has come.
type Rotation struct{ Done, Left int }

// Rotate re-wraps up to limit data keys that are not under the newest
// FERNET_KEY. Run it until Left is 0; it can be cut off and run again at any
// point, and servers go on meanwhile.
func (s *Store) Rotate(ctx context.Context, limit int) (r Rotation, err error) {
	if err := s.announceKey(ctx); err != nil {
		return r, err
	}
	err = s.Tx(ctx, func(t *Tx) error {
		r = Rotation{}
		newest := s.keys.root().Newest()
		type wrapped struct{ owner, token, id string }
		var todo []wrapped
		err := t.each(ctx, `SELECT owner_id, token, key_id FROM data_keys WHERE key_id <> ? ORDER BY owner_id LIMIT ?`, []any{newest, limit}, func(rows *sql.Rows) error {
			var w wrapped
			err := rows.Scan(&w.owner, &w.token, &w.id)
			todo = append(todo, w)
			return err
		})
		if err != nil {
			return err
		}
		for _, w := range todo {
			d, err := s.keys.unwrap(w.owner, w.token, w.id)
			if err != nil {
				return fmt.Errorf("data key of %s: %w", w.owner, err)
			}
			token, id := s.keys.root().Wrap(w.owner, d, t.Now)
			if _, err := t.exec(ctx, `UPDATE data_keys SET token = ?, key_id = ? WHERE owner_id = ?`, token, id, w.owner); err != nil {
				return err
			}
		}
		r.Done = len(todo)
		return t.row(ctx, `SELECT COUNT(*) FROM data_keys WHERE key_id <> ?`, newest).Scan(&r.Left)
	})
	return r, err
}

// KeysInUse counts the data keys under each FERNET_KEY, by its id.
func (s *Store) KeysInUse(ctx context.Context) (map[string]int, error) {
	use := map[string]int{}
	err := s.Read(ctx, func(t *Tx) error {
		return t.each(ctx, `SELECT key_id, COUNT(*) FROM data_keys GROUP BY key_id`, nil, func(rows *sql.Rows) error {
			var id string
			var n int
			err := rows.Scan(&id, &n)
			use[id] = n
			return err
		})
	})
	return use, err
}
