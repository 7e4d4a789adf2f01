// Package backup carries a whole instance, rows sealed as they lie and files as
// clients encrypted them, into one encrypted file and back into any database. It
// must not open what is sealed, and no key of the instance is in what it writes.
// Invariant: nothing is restored of a file that was not read to its end and found
// whole, under the right key, before.
package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"strongroom/internal/blob"
	"strongroom/internal/seal"
	"strongroom/internal/store"
)

// Instance is what is backed up: a running node's database and files.
type Instance struct {
	Store   *store.Store
	Blobs   *blob.Disk
	Keys    seal.Keys // FERNET_KEY, which signs what was written
	Version string    // of the program
	Now     func() time.Time
}

// Report hears how far a verb has come: done of total of what. It may be nil.
type Report func(what string, done, total int64)

func (r Report) tell(what string, done, total int64) {
	if r != nil {
		r(what, done, total)
	}
}

// Summary is what a backup holds.
type Summary struct {
	Made    time.Time
	Version string // of the program that made it
	Schema  int64
	Tables  map[string]int64 // rows of each
	Rows    int64
	Files   int64
	Bytes   int64 // of all files
	Missing int64 // files that rows name and that were not there
	Digest  string
	Signed  bool // FERNET_KEY was at hand and has signed it
}

// Write makes one backup and encrypts it to recipients. Writers go on meanwhile;
// what they do after it began is not in it.
func (in Instance) Write(ctx context.Context, w io.Writer, to []age.Recipient, report Report) (sum Summary, err error) {
	if len(to) == 0 {
		return sum, errNoRecipient
	}
	enc, err := age.Encrypt(w, to...)
	if err != nil {
		return sum, err
	}
	e := newEncoder(enc)
	if sum, err = in.dump(ctx, e, report); err != nil {
		return sum, err
	}
	return sum, enc.Close()
}

// holdFiles is how long a backup that says nothing more keeps deleted files.
const holdFiles = time.Hour

// hold keeps files that people delete until the backup has copied them.
type hold struct {
	in    Instance
	until time.Time
}

func (h *hold) renew(ctx context.Context) error {
	now := h.in.Now()
	if h.until.Sub(now) > holdFiles/2 {
		return nil
	}
	h.until = now.Add(holdFiles)
	return h.in.Store.HoldFiles(ctx, h.until)
}

func (in Instance) dump(ctx context.Context, e *encoder, report Report) (sum Summary, err error) {
	h := &hold{in: in}
	if err := h.renew(ctx); err != nil {
		return sum, err
	}
	err = in.Store.Snapshot(ctx, func(snap *store.Snapshot) error {
		sum = Summary{Made: in.Now().UTC().Truncate(time.Second), Version: in.Version, Schema: snap.Version, Tables: map[string]int64{}, Signed: true}
		if err := e.json(kindHeader, header{Format: format, Made: sum.Made, Version: in.Version, Schema: snap.Version}); err != nil {
			return err
		}
		total, err := snap.Count(ctx)
		if err != nil {
			return err
		}
		for _, t := range snap.Tables {
			if err := in.dumpTable(ctx, e, h, snap, t, &sum, func() { report.tell("rows", sum.Rows, total) }); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		return in.dumpFiles(ctx, e, h, snap, &sum, report)
	})
	if err != nil {
		return sum, err
	}
	digest := e.sum()
	sum.Digest = hex.EncodeToString(digest)
	token, key := in.Keys.Sign(place, digest, in.Now())
	return sum, e.json(kindTrailer, trailer{Tables: sum.Tables, Files: sum.Files, Bytes: sum.Bytes, Missing: sum.Missing, Digest: sum.Digest, Signature: token, Key: key})
}

var place = seal.Place{Table: "backup", Column: "digest", ID: "all"}

// often is after how many rows one hears of it.
const often = 1000

func (in Instance) dumpTable(ctx context.Context, e *encoder, h *hold, snap *store.Snapshot, t store.Table, sum *Summary, tell func()) error {
	if err := e.json(kindTable, t); err != nil {
		return err
	}
	var n int64
	err := snap.Rows(ctx, t, func(row []store.Value) error {
		n, sum.Rows = n+1, sum.Rows+1
		if n%often == 0 {
			if err := h.renew(ctx); err != nil {
				return err
			}
			tell()
		}
		return e.row(t, row)
	})
	sum.Tables[t.Name] = n
	tell()
	return err
}

func (in Instance) dumpFiles(ctx context.Context, e *encoder, h *hold, snap *store.Snapshot, sum *Summary, report Report) error {
	var total int64
	var files []store.File // 60 bytes each: the snapshot's cursor must not wait for the disk
	err := snap.Files(ctx, func(f store.File) error {
		total, files = total+f.Size, append(files, f)
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := h.renew(ctx); err != nil {
			return err
		}
		n, err := in.dumpFile(e, f.ID)
		if errors.Is(err, blob.ErrAbsent) { // lost earlier: no reason to lose the rest, too
			sum.Missing++
			continue
		}
		if err != nil {
			return fmt.Errorf("file %s: %w", f.ID, err)
		}
		sum.Files, sum.Bytes = sum.Files+1, sum.Bytes+n
		report.tell("bytes of files", sum.Bytes, max(total, sum.Bytes))
	}
	if sum.Missing > 0 && sum.Files == 0 {
		return fmt.Errorf("none of the %d files that rows name is in the folder of files: is FILES_DIR the right one?", sum.Missing)
	}
	return nil
}

func (in Instance) dumpFile(e *encoder, id string) (int64, error) {
	f, size, err := in.Blobs.Open(id)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := e.json(kindFile, file{ID: id, Size: size}); err != nil {
		return 0, err
	}
	n, err := io.Copy(e, f)
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes were there and %d came", size, n)
	}
	return n, err
}
