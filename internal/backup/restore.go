package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"strongroom/internal/blob"
	"strongroom/internal/seal"
	"strongroom/internal/store"
)

// Target is where a backup is restored to: an empty database of any kind, opened
// as a user who may make tables, and an empty folder.
type Target struct {
	Source store.Source
	Blobs  *blob.Disk
	Keys   seal.Keys
}

var errChanged = errors.New("the backup changed between reading it twice; run the restore again")

// ErrFiles means that a restore would mix files.
var ErrFiles = errors.New("the folder of files is not empty: restore into a new one (FILES_DIR); nothing was changed")

// Restore reads a backup twice, which open opens: first all of it, to find out
// that it is whole, then to restore it. A restore that was cut off is run again
// and starts over.
func (to Target) Restore(ctx context.Context, open func() (io.ReadCloser, error), ids []age.Identity, report Report) (Summary, error) {
	sum, err := to.pass(ctx, open, ids, sink{}, func(what string, done, total int64) { report.tell("checking "+what, done, total) })
	if err != nil {
		return sum, err
	}
	b, err := store.OpenBlank(ctx, to.Source, sum.Schema, func(resumed bool) error {
		empty, err := to.Blobs.Empty()
		if err == nil && !empty && !resumed {
			err = ErrFiles
		}
		return err
	})
	if err != nil {
		return sum, err
	}
	defer b.Close() //nolint:errcheck // what it wrote was committed
	f := &filler{ctx: ctx, b: b, blobs: to.Blobs}
	again, err := to.pass(ctx, open, ids, sink{row: f.row, table: f.flush, file: f.file},
		func(what string, done, _ int64) { report.tell("restoring "+what, done, total(sum, what)) })
	if err != nil {
		return sum, fmt.Errorf("%w (run the restore again; it starts over)", err)
	}
	if again.Digest != sum.Digest {
		return sum, errChanged
	}
	return sum, b.Done(ctx)
}

func total(s Summary, what string) int64 {
	if what == "rows" {
		return s.Rows
	}
	return s.Bytes
}

func (to Target) pass(ctx context.Context, open func() (io.ReadCloser, error), ids []age.Identity, s sink, report Report) (Summary, error) {
	r, err := open()
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	return read(ctx, r, ids, &to.Keys, s, report)
}

// filler collects rows into batches.
type filler struct {
	ctx   context.Context
	b     *store.Blank
	blobs *blob.Disk
	rows  [][]store.Value
	bytes int
}

// A batch is one transaction.
const (
	batchRows  = 2000
	batchBytes = 4 << 20
)

func (f *filler) row(t store.Table, row []store.Value) error {
	f.rows = append(f.rows, row)
	for _, v := range row {
		f.bytes += len(v.Text)
	}
	if len(f.rows) < batchRows && f.bytes < batchBytes {
		return nil
	}
	return f.flush(t)
}

func (f *filler) flush(t store.Table) error {
	rows := f.rows
	f.rows, f.bytes = nil, 0
	return f.b.Fill(f.ctx, t, rows)
}

// file hands a file's bytes to the folder while they come.
func (f *filler) file(x file) (output, error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := f.blobs.Put(f.ctx, x.ID, r, x.Size)
		r.CloseWithError(err) // a writer must not wait for a reader that is gone
		done <- err
	}()
	return &pending{w, done}, nil
}

type pending struct {
	*io.PipeWriter
	done chan error
}

func (p *pending) Close() error { return errors.Join(p.PipeWriter.Close(), <-p.done) }

func (p *pending) Abort(err error) {
	p.CloseWithError(err)
	<-p.done //nolint:errcheck // it is err
}

// Copy fills an empty database with all rows of another; files stay where they are.
func Copy(ctx context.Context, from *store.Store, to store.Source, report Report) (sum Summary, err error) {
	sum.Tables = map[string]int64{}
	err = from.Snapshot(ctx, func(snap *store.Snapshot) error {
		all, err := snap.Count(ctx)
		if err != nil {
			return err
		}
		b, err := store.OpenBlank(ctx, to, snap.Version, func(bool) error { return nil })
		if err != nil {
			return err
		}
		defer b.Close() //nolint:errcheck // what it wrote was committed
		f := &filler{ctx: ctx, b: b}
		sum.Schema = snap.Version
		for _, t := range snap.Tables {
			err := snap.Rows(ctx, t, func(row []store.Value) error {
				if sum.Rows++; sum.Rows%often == 0 {
					report.tell("rows", sum.Rows, all)
				}
				sum.Tables[t.Name]++
				return f.row(t, append([]store.Value(nil), row...))
			})
			if err == nil {
				err = f.flush(t)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		report.tell("rows", sum.Rows, all)
		return b.Done(ctx)
	})
	return sum, err
}
