package unlock

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Query chooses among the caller's passwords; Text is looked for in service,
// url and username, without regard to case.
type Query struct {
	Text     string
	Folder   string // id or name
	Favorite *bool
	Trash    bool
	After    vault.Cursor
	Limit    int
}

// List opens a page of the caller's login items and reports where the next one
// begins; more is false on the last.
func (s *Service) List(ctx context.Context, c vault.Caller, q Query) (ps []Password, more bool, err error) {
	user, err := s.join(c)
	if err != nil {
		return nil, false, err
	}
	f := vault.ItemFilter{Type: vault.Login, Favorite: q.Favorite, Trash: q.Trash, After: q.After, Limit: q.Limit + 1}
	if q.Folder != "" {
		if f.Folder, err = s.folder(ctx, c, user, q.Folder, "query.folder"); err != nil {
			return nil, false, err
		}
	}
	if q.Text != "" {
		f.Limit = 0 // nothing sealed can be searched for; all of it is opened
	}
	if ps, err = s.openAll(ctx, c, user, f); err != nil {
		return nil, false, err
	}
	if q.Text != "" {
		ps = matching(ps, strings.ToLower(q.Text))
	}
	if more = len(ps) > q.Limit; more {
		ps = ps[:q.Limit]
	}
	return ps, more, s.shown(ctx, c, "", strconv.Itoa(len(ps)))
}

// openAll opens each batch where its seals were opened.
func (s *Service) openAll(ctx context.Context, c vault.Caller, user keyring.SymKey, f vault.ItemFilter) ([]Password, error) {
	var mu sync.Mutex
	var batches [][]Password
	err := s.Items.Scan(ctx, c, f, func(n int, items []vault.Item) error {
		ps := make([]Password, len(items))
		r := reader{user: user}
		for i := range items {
			r.open(&items[i], &ps[i])
		}
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, make([][]Password, max(0, n+1-len(batches)))...)
		batches[n] = ps
		return nil
	})
	return slices.Concat(batches...), err
}

func matching(ps []Password, text string) (out []Password) {
	for _, p := range ps {
		if strings.Contains(strings.ToLower(p.Service), text) || strings.Contains(strings.ToLower(p.URL), text) ||
			strings.Contains(strings.ToLower(p.Username), text) {
			out = append(out, p)
		}
	}
	return out
}

// loginOnly hides items of other types from this door, and the trash from what
// is not asked about it.
func loginOnly(i *vault.Item, err error, trashed bool) (*vault.Item, error) {
	if err == nil && (i.Type != vault.Login || i.DeletedAt.IsZero() == trashed) {
		return nil, vault.ErrItemNotFound
	}
	return i, err
}

// Get opens one login item.
func (s *Service) Get(ctx context.Context, c vault.Caller, id vault.ItemID) (*Password, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	i, err := s.Items.Get(ctx, c, id)
	if i, err = loginOnly(i, err, false); err != nil {
		return nil, err
	}
	return openOne(user, i), s.shown(ctx, c, id, "password")
}

// shown writes down that a secret is about to be shown: of which item and what of it,
// or of how many. What cannot be written down is not shown.
func (s *Service) shown(ctx context.Context, c vault.Caller, id vault.ItemID, what string) error {
	return s.Store.Note(ctx, c.Event(vault.EventSecretRead, string(id), what))
}

func openOne(user keyring.SymKey, i *vault.Item) *Password {
	var p Password
	r := reader{user: user}
	r.open(i, &p)
	return &p
}

// Add keeps a new login item. folder is the id or the name of one of the
// caller's folders, or "".
func (s *Service) Add(ctx context.Context, c vault.Caller, p Password, folder string) (*Password, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	if err := p.check(""); err != nil {
		return nil, err
	}
	if p.Folder, err = s.folder(ctx, c, user, folder, "folder"); err != nil {
		return nil, err
	}
	i, err := sealNew(user, &p, s.Now())
	if err != nil {
		return nil, err
	}
	if err := s.Items.Add(ctx, c, i); err != nil {
		return nil, err
	}
	p.ID, p.Folder, p.Revision, p.CreatedAt, p.UpdatedAt = i.ID, i.Folder, i.Revision, i.CreatedAt, i.UpdatedAt
	return &p, nil
}

// Edit changes a login item. edit is handed the opened item and changes it; it
// may run more than once. folder nil leaves the folder. A revision other than
// the stored one (0 for any) is vault.ErrItemStale.
func (s *Service) Edit(ctx context.Context, c vault.Caller, id vault.ItemID, revision int64, folder *string, edit func(*Password)) (*Password, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	var into vault.FolderID
	if folder != nil {
		if err := c.Must(vault.WriteVault); err != nil {
			return nil, err
		}
		if into, err = s.folder(ctx, c, user, *folder, "folder"); err != nil {
			return nil, err
		}
	}
	return s.edit(ctx, c, user, id, revision, func(_ *document, p *Password) error {
		edit(p)
		if folder != nil {
			p.Folder = into
		}
		return p.check("")
	})
}

func (s *Service) edit(ctx context.Context, c vault.Caller, user keyring.SymKey, id vault.ItemID, revision int64, edit func(*document, *Password) error) (*Password, error) {
	var p Password
	i, err := s.Items.Change(ctx, c, id, revision, func(i *vault.Item) error {
		if _, err := loginOnly(i, nil, false); err != nil {
			return err
		}
		old := openOne(user, i)
		if old.Unreadable {
			return ErrUnreadable
		}
		d, err := readDocument(user, i.Data)
		if err != nil {
			return err
		}
		p = *old
		if err := edit(d, &p); err != nil {
			return err
		}
		d.write(old, &p, s.Now())
		i.Folder, i.Favorite = p.Folder, p.Favorite
		i.Data, err = d.bytes()
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Revision, p.UpdatedAt = i.Revision, i.UpdatedAt
	return &p, nil
}

// Restore takes a login item out of the trash.
func (s *Service) Restore(ctx context.Context, c vault.Caller, id vault.ItemID) (*Password, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	i, err := s.Items.Get(ctx, c, id)
	if _, err = loginOnly(i, err, true); err != nil {
		return nil, err
	}
	if i, err = s.Items.Restore(ctx, c, id); err != nil {
		return nil, err
	}
	return openOne(user, i), s.shown(ctx, c, id, "password")
}

// Earlier is a password that an item had, and until when.
type Earlier struct {
	Number   int // 1 is the latest
	Password string
	Until    time.Time
}

// History opens an item's earlier passwords, latest first.
func (s *Service) History(ctx context.Context, c vault.Caller, id vault.ItemID) ([]Earlier, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	i, err := s.Items.Get(ctx, c, id)
	if i, err = loginOnly(i, err, false); err != nil {
		return nil, err
	}
	d, err := readDocument(user, i.Data)
	if err != nil {
		return nil, err
	}
	if err := s.shown(ctx, c, id, "history"); err != nil {
		return nil, err
	}
	return d.earlier()
}

func (d *document) earlier() ([]Earlier, error) {
	out := []Earlier{}
	for n, h := range d.history() {
		var enc string
		var at time.Time
		if json.Unmarshal(h["password"], &enc) != nil {
			continue
		}
		json.Unmarshal(h["lastUsedDate"], &at) //nolint:errcheck // a date that is none is shown as none
		plain, err := d.key.Decrypt(enc)
		if err != nil {
			return nil, ErrUnreadable.Because(err)
		}
		out = append(out, Earlier{Number: n + 1, Password: string(plain), Until: at})
	}
	return out, nil
}

var errNoEarlier = fault.New(fault.NotFound, "history-not-found", "This item has no earlier password with that number.")

// RestoreEarlier makes an earlier password the current one; the current one
// joins the history.
func (s *Service) RestoreEarlier(ctx context.Context, c vault.Caller, id vault.ItemID, number int) (*Password, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	return s.edit(ctx, c, user, id, 0, func(d *document, p *Password) error {
		earlier, err := d.earlier()
		if err != nil {
			return err
		}
		for _, e := range earlier {
			if e.Number == number {
				p.Password = e.Password
				return nil
			}
		}
		return errNoEarlier
	})
}

// TOTP computes an item's one-time password of this moment.
func (s *Service) TOTP(ctx context.Context, c vault.Caller, id vault.ItemID) (*Code, error) {
	p, err := s.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if p.Unreadable {
		return nil, ErrUnreadable
	}
	if p.TOTP == "" {
		return nil, errNoTOTP
	}
	k, err := parseTOTP(p.TOTP)
	if err != nil {
		return nil, vault.ErrItemInvalid.At("totp", err.Error())
	}
	return k.at(s.Now())
}
