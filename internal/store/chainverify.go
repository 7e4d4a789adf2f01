package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"sync"

	"strongroom/internal/seal"
	"strongroom/internal/vault"
)

// VerifyChain reads the whole audit log as one snapshot and checks every link, seal
// and signature. What is wrong comes back as the first line that is.
func (s *Store) VerifyChain(ctx context.Context) (r vault.ChainReport, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		v := &verifier{t: t, bad: math.MaxInt64, marks: map[int64]string{}, people: map[string]bool{}}
		err := v.run(ctx)
		r = v.report()
		return err
	})
	return r, err
}

// verifyBatch is how many lines one processor checks at a time.
const verifyBatch = 1024

type verifier struct {
	t      *Tx
	head   *head
	key    seal.DataKey
	marks  map[int64]string // what checkpoints say the link of a line is
	people map[string]bool
	lines  int64
	last   line

	work chan verifyJob
	wg   sync.WaitGroup
	mu   sync.Mutex
	bad  int64 // the first line that is known to be wrong
	why  string
}

type verifyJob struct {
	before string // the link before the first of lines
	first  int64  // the place that the first of lines must have
	lines  []line
}

func (v *verifier) report() vault.ChainReport {
	r := vault.ChainReport{Lines: v.lines, PublicKey: v.t.s.keys.chain.PublicKey()}
	if v.head != nil {
		r.First, r.Last, r.Link, r.At = v.head.From+1, v.head.Seq, v.head.Link, clock(v.head.At)
	}
	if v.bad < math.MaxInt64 {
		r.Bad, r.Why = v.bad, v.why
	}
	return r
}

func (v *verifier) found(seq int64, why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if seq < v.bad {
		v.bad, v.why = seq, why
	}
}

func (v *verifier) badBefore(seq int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.bad <= seq
}

var errFound = errors.New("store: found a bad line")

func (v *verifier) run(ctx context.Context) (err error) {
	if v.head, err = v.t.head(ctx, ""); errors.Is(err, errHead) {
		v.found(1, errHead.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if v.key, err = v.t.key(ctx, instance); err != nil {
		return err
	}
	if err := v.prepare(ctx); err != nil {
		return err
	}
	v.work = make(chan verifyJob, 8)
	for range runtime.GOMAXPROCS(0) {
		v.wg.Go(v.worker)
	}
	err = v.read(ctx)
	close(v.work)
	v.wg.Wait()
	if errors.Is(err, errFound) {
		err = nil
	}
	if v.last.seq < v.head.Seq {
		v.found(v.last.seq+1, "it is missing, and all after it")
	}
	return err
}

// prepare reads checkpoints, and the ids of people: a line may lose its column
// user_id only together with the person.
func (v *verifier) prepare(ctx context.Context) error {
	err := v.t.each(ctx, `SELECT id, seq, sealed FROM checkpoints ORDER BY seq`, nil, func(rows *sql.Rows) error {
		var id, sealed string
		var seq int64
		if err := rows.Scan(&id, &seq, &sealed); err != nil {
			return err
		}
		h, err := v.t.openHead(ctx, "checkpoints", id, sealed)
		if err != nil || h.Seq != seq {
			v.found(max(seq, v.head.From+1), "its checkpoint is not what was signed")
			return nil //nolint:nilerr // it is the finding
		}
		v.marks[h.Seq] = h.Link
		return nil
	})
	if err != nil {
		return err
	}
	return v.t.each(ctx, `SELECT id FROM users`, nil, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		v.people[id] = true
		return err
	})
}

func (v *verifier) read(ctx context.Context) error {
	next := verifyJob{before: v.head.FromLink, first: v.head.From + 1, lines: make([]line, 0, verifyBatch)}
	v.last = line{seq: v.head.From, link: v.head.FromLink}
	err := v.t.each(ctx, `SELECT seq, id, at, kind, user_id, sealed, link FROM events WHERE seq IS NOT NULL ORDER BY seq`, nil, func(rows *sql.Rows) error {
		var l line
		var link sql.NullString
		if err := rows.Scan(&l.seq, &l.id, &l.at, &l.kind, &l.user, &l.sealed, &link); err != nil {
			return err
		}
		l.link = link.String
		switch want := v.last.seq + 1; {
		case l.seq < want:
			v.found(l.seq, "it was put in before the first line that is kept")
		case l.seq > want:
			v.found(want, "it is missing")
		case l.seq > v.head.Seq:
			v.found(l.seq, "it was put in after the end of the chain")
		}
		if v.badBefore(l.seq) {
			return errFound
		}
		v.last = l
		v.lines++
		if next.lines = append(next.lines, l); len(next.lines) == verifyBatch {
			v.work <- next
			next = verifyJob{before: l.link, first: l.seq + 1, lines: make([]line, 0, verifyBatch)}
		}
		return nil
	})
	v.work <- next
	if err == nil && v.last.seq == v.head.Seq && v.last.link != v.head.Link {
		v.found(v.last.seq, "it is not the line that the end of the chain was signed for")
	}
	return err
}

func (v *verifier) worker() {
	k := v.t.s.keys.chain.Linker()
	var buf []byte
	for j := range v.work {
		before := j.before
		for i := range j.lines {
			l := &j.lines[i]
			why := ""
			if l.linked(k, before) != l.link {
				why = "it is not the line that was chained"
			} else if mark, ok := v.marks[l.seq]; ok && mark != l.link {
				why = "it is not the line that a checkpoint was signed for"
			} else {
				why, buf = v.content(l, buf)
			}
			if why != "" {
				v.found(l.seq, why)
				break
			}
			before = l.link
		}
	}
}

// content opens a line's seal and holds the columns beside it to what it says.
func (v *verifier) content(l *line, buf []byte) (why string, grown []byte) {
	plain, buf, err := v.key.OpenInto(place("events", l.id), buf, l.sealed)
	if err != nil {
		return "its seal does not open", buf
	}
	var r eventRow
	if json.Unmarshal(plain, &r) != nil {
		return "its content cannot be read", buf
	}
	switch {
	case r.At == 0: // from before lines said so themselves
	case r.At != l.at || r.Kind != vault.EventKind(l.kind):
		return "its time or kind was changed", buf
	case l.user.Valid && l.user.String != string(r.User), !l.user.Valid && v.people[string(r.User)]:
		return "it was moved to another person's log", buf
	}
	return "", buf
}
