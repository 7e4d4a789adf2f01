// Package blob keeps the bytes of attachments and of Sends with files, which
// clients have encrypted. It must not know whose they are. Invariant: a file
// appears under its name only once all of it is on the disk.
package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"strongroom/internal/fault"
)

// Disk keeps files in a folder, in 256 folders below it.
type Disk struct{ dir string }

// The faults of files.
var (
	ErrAbsent = fault.New(fault.NotFound, "blob-absent", "The file is not there.")
	ErrFull   = fault.New(fault.Unavailable, "blob-failed", "The file cannot be kept right now. Nothing was changed; try again shortly.")
)

// NewDisk uses dir, made on the first write.
func NewDisk(dir string) *Disk { return &Disk{dir} }

func (d *Disk) path(id string) (string, error) {
	if len(id) < 8 || strings.Trim(id, "0123456789abcdef-") != "" {
		return "", ErrAbsent
	}
	return filepath.Join(d.dir, id[:2], id), nil
}

// Put reads r to its end and keeps it under id. More than limit bytes, or an
// error of r, keeps nothing; the size that came is returned all the same.
func (d *Disk) Put(ctx context.Context, id string, r io.Reader, limit int64) (n int64, err error) {
	path, err := d.path(id)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, ErrFull.Because(err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".upload-*")
	if err != nil {
		return 0, ErrFull.Because(err)
	}
	defer func() {
		tmp.Close()
		if err != nil {
			os.Remove(tmp.Name()) //nolint:errcheck // the first error counts
		}
	}()
	if n, err = io.Copy(tmp, io.LimitReader(reader{ctx, r}, limit+1)); err != nil {
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			err = ErrFull.Because(err)
		}
		return n, err
	}
	if n > limit {
		return n, errTooLong
	}
	if err = tmp.Sync(); err != nil {
		return n, ErrFull.Because(err)
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return n, ErrFull.Because(err)
	}
	return n, nil
}

var errTooLong = fault.New(fault.Invalid, "blob-too-long", "The file is longer than was announced; nothing was kept.")

// reader stops with its context: a client that is gone must not hold a file open.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Open returns a file and its size, or ErrAbsent. The caller closes it.
func (d *Disk) Open(id string) (io.ReadSeekCloser, int64, error) {
	path, err := d.path(id)
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, ErrAbsent
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// Empty reports whether no file is kept.
func (d *Disk) Empty() (bool, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return len(entries) == 0, err
}

// Delete removes a file; one that is not there is fine.
func (d *Disk) Delete(id string) error {
	path, err := d.path(id)
	if err != nil {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
