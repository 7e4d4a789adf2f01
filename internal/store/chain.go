package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/vault"
)

// The audit log is chained after the fact: a line is written in the transaction it
// describes, without asking what comes before, and a job gives it its place (seq)
// and its link to the line before. How far the chain has come is committed to in
// the head: a signed value that is overwritten each time, so that a tail cannot be
// cut off by going back to an older one.

// head is the end of the chain, and where what is kept of it begins.
type head struct {
	Seq      int64  `json:"n"`
	Link     string `json:"l"`
	At       int64  `json:"t"`
	Sig      string `json:"s"`
	From     int64  `json:"f,omitempty"` // the last line that retention took away
	FromLink string `json:"fl,omitempty"`
	Marked   int64  `json:"m,omitempty"` // the last checkpoint
}

const auditHead = "audit_head"

// markEvery is how many lines lie between checkpoints at most.
const markEvery = 1000

func (h *head) text() string {
	return fmt.Sprintf("strongroom audit checkpoint 1\n%d\n%s\n%d\n%d\n%s\n", h.Seq, h.Link, h.At, h.From, h.FromLink)
}

var errHead = errors.New("the end of the audit log is not known: its signed record is gone or was changed")

// head reads the end of the chain; lock keeps others from moving it.
func (t *Tx) head(ctx context.Context, lock string) (*head, error) {
	var sealed string
	err := t.row(ctx, `SELECT value FROM settings WHERE name = ?`+lock, auditHead).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		var chained int
		if err := t.row(ctx, `SELECT COUNT(*) FROM (SELECT seq FROM events WHERE seq IS NOT NULL LIMIT 1) c`).Scan(&chained); err != nil {
			return nil, err
		}
		if chained > 0 {
			return nil, errHead
		}
		return &head{}, nil
	}
	if err != nil {
		return nil, err
	}
	return t.openHead(ctx, "settings", auditHead, sealed)
}

func (t *Tx) openHead(ctx context.Context, table, id, sealed string) (*head, error) {
	plain, err := t.unseal(ctx, instance, table, id, sealed)
	var h head
	if err != nil || json.Unmarshal(plain, &h) != nil || !t.s.keys.chain.Signed(h.text(), h.Sig) {
		return nil, errHead
	}
	return &h, nil
}

// putHead signs and writes the end of the chain, and a checkpoint now and then.
func (t *Tx) putHead(ctx context.Context, h *head, mark bool) error {
	if mark || h.Seq-h.Marked >= markEvery {
		h.Marked = h.Seq
		h.sign(t)
		if err := t.checkpoint(ctx, h); err != nil {
			return err
		}
	}
	sealed, err := t.sealHead(ctx, h)
	if err != nil {
		return err
	}
	return t.putSetting(ctx, auditHead, sealed)
}

func (h *head) sign(t *Tx) {
	h.At = micros(t.Now)
	h.Sig = t.s.keys.chain.Sign(h.text())
}

func (t *Tx) sealHead(ctx context.Context, h *head) (string, error) {
	h.sign(t)
	return t.sealRow(ctx, instance, "settings", auditHead, h)
}

func (t *Tx) checkpoint(ctx context.Context, h *head) error {
	plain, err := json.Marshal(h)
	if err != nil {
		return err
	}
	id := vault.NewID[string]()
	sealed, err := t.seal(ctx, instance, "checkpoints", id, plain)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM checkpoints WHERE seq = ?`, h.Seq); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO checkpoints (id, seq, at, sealed) VALUES (?, ?, ?, ?)`, id, h.Seq, h.At, sealed)
	return err
}

// line is a row of events as the chain sees it.
type line struct {
	seq, at          int64
	kind             int64
	id, sealed, link string
	user             sql.NullString
}

func (l *line) linked(k *seal.Linker, before string) string {
	return k.Link(before, l.seq, strconv.FormatInt(l.at, 10), strconv.FormatInt(l.kind, 10), l.id, l.sealed)
}

// ChainEvents chains up to limit lines that are not chained yet, in the order of
// their times, and returns how many.
func (s *Store) ChainEvents(ctx context.Context, limit int) (n int, err error) {
	if err := s.beginChain(ctx); err != nil {
		return 0, err
	}
	link := func(t *Tx) error {
		h, err := t.head(ctx, t.s.d.lock)
		if err != nil {
			return err
		}
		var lines []line
		err = t.each(ctx, `SELECT id, at, kind, sealed FROM events WHERE seq IS NULL LIMIT ?`, []any{limit}, func(rows *sql.Rows) error {
			var l line
			err := rows.Scan(&l.id, &l.at, &l.kind, &l.sealed)
			lines = append(lines, l)
			return err
		})
		if n = len(lines); err != nil || n == 0 {
			return err
		}
		slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
		if err := t.link(ctx, h, lines); err != nil {
			return err
		}
		return t.putHead(ctx, h, false)
	}
	err = s.insist(ctx, link, func(err error) bool { return errors.Is(err, errChained) || s.d.unique(err) })
	return n, err
}

// link gives lines their places after h, and h theirs.
func (t *Tx) link(ctx context.Context, h *head, lines []line) error {
	ctx = t.context(ctx)
	put, err := t.tx.PrepareContext(ctx, t.s.d.rebind(`UPDATE events SET seq = ?, link = ? WHERE id = ? AND seq IS NULL`))
	if err != nil {
		return err
	}
	defer put.Close() //nolint:errcheck // the transaction's end closes it, too
	k := t.s.keys.chain.Linker()
	for i := range lines {
		h.Seq++
		l := &lines[i]
		l.seq = h.Seq
		h.Link = l.linked(k, h.Link)
		r, err := put.ExecContext(ctx, l.seq, h.Link, l.id)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errChained)
		}
	}
	return nil
}

// errChained, or a seq that is there already, cannot be while the head is locked. But
// a node of Galera does not see another one's lock: then nothing is written and the
// line is linked anew.
var errChained = errors.New("store: a line was chained by somebody else at the same time")

// beginChain makes the head of a chain that has none, so that there is a row to lock:
// without one, two nodes would begin the same chain twice.
func (s *Store) beginChain(ctx context.Context) error {
	var have *head
	look := func(t *Tx) (err error) { have, err = t.head(ctx, ""); return err }
	if err := s.Read(ctx, look); err != nil || have.Sig != "" {
		return err
	}
	err := s.Tx(ctx, func(t *Tx) error {
		if err := look(t); err != nil || have.Sig != "" {
			return err
		}
		sealed, err := t.sealHead(ctx, have)
		if err != nil {
			return err
		}
		// Never over another node's: that one may have chained lines since we looked.
		_, err = t.exec(ctx, `INSERT INTO settings (name, value) VALUES (?, ?)`, auditHead, sealed)
		return err
	})
	if s.d.unique(err) { // another node was first
		return nil
	}
	return err
}

// DropEvents takes the oldest chained lines away that are from before a time, up to
// the one at last and limit at most, and returns how many. A signed checkpoint stands for them; the rest
// verifies as before.
func (s *Store) DropEvents(ctx context.Context, before time.Time, last int64, limit int) (n int64, err error) {
	if err := s.beginChain(ctx); err != nil {
		return 0, err
	}
	err = s.Tx(ctx, func(t *Tx) error {
		h, err := t.head(ctx, t.s.d.lock)
		if err != nil {
			return err
		}
		var keep sql.NullInt64
		if err := t.row(ctx, `SELECT MIN(seq) FROM events WHERE seq > ? AND seq <= ? AND at >= ?`, h.From, h.From+int64(limit), micros(before)).Scan(&keep); err != nil {
			return err
		}
		cut := min(h.Seq, h.From+int64(limit), last)
		if keep.Valid {
			cut = min(cut, keep.Int64-1)
		}
		if n = max(0, cut-h.From); n == 0 {
			return nil
		}
		if err := t.row(ctx, `SELECT link FROM events WHERE seq = ?`, cut).Scan(&h.FromLink); err != nil {
			return fmt.Errorf("line %d of the audit log: %w", cut, err)
		}
		h.From = cut
		if _, err := t.exec(ctx, `DELETE FROM events WHERE seq <= ?`, cut); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM checkpoints WHERE seq <= ?`, cut); err != nil {
			return err
		}
		if err := t.Record(ctx, vault.Event{Kind: vault.EventAuditCut, Detail: strconv.FormatInt(n, 10)}); err != nil {
			return err
		}
		return t.putHead(ctx, h, true)
	})
	return n, err
}
