package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// Job makes backups of an instance in a place, by hand or by the clock.
type Job struct {
	Instance
	Place Place
	Lock  Lock
	Keep  Keep
}

// Made is a backup that was made.
type Made struct {
	Summary
	Name  string
	Place string
	Size  int64
}

// Make makes a backup, reads it back and notes that. With a passphrase reading
// back means decrypting and checking all of it; a public key opens nothing, so
// then its bytes are compared. What is not whole is removed again.
func (j *Job) Make(ctx context.Context, report Report) (m Made, err error) {
	to, err := j.Lock.To()
	if err != nil {
		return m, err
	}
	m.Name, m.Place = NewName(j.Now()), j.Place.String()
	up, err := j.Place.Create(ctx, m.Name)
	if err != nil {
		return m, err
	}
	w := &counter{w: up, hash: sha256.New()}
	if m.Summary, err = j.Write(ctx, w, to, report); err != nil {
		up.Abort()
		return m, err
	}
	if err := up.Commit(); err != nil {
		return m, err
	}
	m.Size = w.n
	if err := j.readBack(ctx, m, w.hash.Sum(nil), report); err != nil {
		err = fmt.Errorf("reading %s back from %s: %w", m.Name, j.Place, err)
		if ctx.Err() != nil { // it may well be whole
			return m, errors.Join(err, j.Store.RecordBackup(context.WithoutCancel(ctx), m.Made, false))
		}
		return m, errors.Join(err, j.Place.Delete(context.WithoutCancel(ctx), m.Name))
	}
	return m, j.Store.RecordBackup(ctx, m.Made, true)
}

func (j *Job) readBack(ctx context.Context, m Made, sum []byte, report Report) error {
	r, err := j.Place.Open(ctx, m.Name)
	if err != nil {
		return err
	}
	defer r.Close()
	if j.Lock.Passphrase == "" {
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		if !bytes.Equal(h.Sum(nil), sum) {
			return errDamaged
		}
		return nil
	}
	ids, err := j.Lock.Keys(nil)
	if err != nil {
		return err
	}
	_, err = Verify(ctx, r, ids, &j.Keys, func(what string, done, _ int64) { report.tell("checking "+what, done, total(m.Summary, what)) })
	return err
}

// counter counts and sums what is written through it.
type counter struct {
	w    io.Writer
	n    int64
	hash hash.Hash
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.hash.Write(p[:n])
	return n, err
}

// Prune removes what Keep does not keep, and returns the names.
func (j *Job) Prune(ctx context.Context) (gone []string, err error) {
	list, err := j.Place.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range j.Keep.Surplus(list) {
		if err := j.Place.Delete(ctx, e.Name); err != nil {
			return gone, err
		}
		gone = append(gone, e.Name)
	}
	return gone, nil
}

// longest is how long one backup by the clock may take.
const longest = 12 * time.Hour

// Run is the job of the clock: it makes a backup, removes what is not kept any
// more, and says in a few words what it did.
func (j *Job) Run(ctx context.Context) (string, error) {
	ctx, stop := context.WithTimeout(ctx, longest)
	defer stop()
	m, err := j.Make(ctx, nil)
	if err != nil {
		return "", err
	}
	gone, err := j.Prune(ctx)
	return fmt.Sprintf("%s: %d rows, %d files (%d missing), %d KiB; %d removed", m.Name, m.Rows, m.Files, m.Missing, m.Size>>10, len(gone)), err
}
