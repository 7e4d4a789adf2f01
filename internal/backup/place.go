package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"strongroom/internal/s3"
)

// Place is where backups lie.
type Place interface {
	// Create begins a backup under a name; it is there once Commit has returned nil.
	Create(ctx context.Context, name string) (Upload, error)
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	List(ctx context.Context) ([]Entry, error)
	Delete(ctx context.Context, name string) error
	String() string
}

// Upload is a backup that is being written.
type Upload interface {
	io.Writer
	Commit() error
	Abort()
}

// Entry is one backup in a place.
type Entry struct {
	Name string
	Size int64
	Made time.Time
}

// ErrNone means that a place has no such backup.
var ErrNone = errors.New("there is no such backup")

const nameTime = "20060102T150405Z"

var namePattern = regexp.MustCompile(`^strongroom-(\d{8}T\d{6}Z)-[0-9a-f]{6}\.age$`)

// NewName is the name of a backup made now. Only files so named are ever removed.
func NewName(now time.Time) string {
	var b [3]byte
	rand.Read(b[:])
	return "strongroom-" + now.UTC().Format(nameTime) + "-" + hex.EncodeToString(b[:]) + ".age"
}

// entry reads a name; what is no backup's is left alone.
func entry(name string, size int64) (Entry, bool) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return Entry{}, false
	}
	at, err := time.Parse(nameTime, m[1])
	return Entry{name, size, at}, err == nil
}

// oldestFirst orders a list.
func oldestFirst(list []Entry) []Entry {
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Folder is a place on a disk.
type Folder string

func (f Folder) String() string { return string(f) }

// Create writes beside the name and renames at the end.
func (f Folder) Create(_ context.Context, name string) (Upload, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(string(f), ".part-*")
	if err != nil {
		return nil, err
	}
	return &partFile{tmp, filepath.Join(string(f), name)}, nil
}

type partFile struct {
	*os.File
	to string
}

func (p *partFile) Commit() error {
	err := p.Sync()
	if err = errors.Join(err, p.Close()); err == nil {
		err = os.Rename(p.Name(), p.to)
	}
	if err != nil {
		os.Remove(p.Name()) //nolint:errcheck // the first error counts
	}
	return err
}

func (p *partFile) Abort() {
	p.Close()
	os.Remove(p.Name()) //nolint:errcheck // it has no name that counts
}

// Open opens a file of the folder; a path leads elsewhere.
func (f Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	r, err := os.Open(filepath.Join(string(f), filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s in %s", ErrNone, name, f)
	}
	return r, err
}

// List lists the backups, oldest first.
func (f Folder) List(context.Context) (list []Entry, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		info, ierr := e.Info()
		if ierr != nil || !info.Mode().IsRegular() {
			continue
		}
		if x, ok := entry(e.Name(), info.Size()); ok {
			list = append(list, x)
		}
	}
	return oldestFirst(list), err
}

// Delete removes a backup.
func (f Folder) Delete(_ context.Context, name string) error {
	return os.Remove(filepath.Join(string(f), filepath.Base(name)))
}

// Storage is a place in a bucket.
type Storage struct {
	Bucket *s3.Bucket
	Prefix string // "" or with a slash at its end
}

func (s Storage) String() string { return "s3://" + s.Bucket.Name + "/" + s.Prefix }

// Create uploads in parts while it is written.
func (s Storage) Create(ctx context.Context, name string) (Upload, error) {
	r, w := io.Pipe()
	u := &upload{w, make(chan error, 1)}
	go func() {
		err := s.Bucket.Put(ctx, s.Prefix+name, r)
		r.CloseWithError(err)
		u.done <- err
	}()
	return u, nil
}

type upload struct {
	w    *io.PipeWriter
	done chan error
}

func (u *upload) Write(p []byte) (int, error) { return u.w.Write(p) }
func (u *upload) Commit() error               { return errors.Join(u.w.Close(), <-u.done) }

var errAborted = errors.New("the backup was given up")

func (u *upload) Abort() {
	u.w.CloseWithError(errAborted)
	<-u.done //nolint:errcheck // it was given up
}

// Open returns a backup of the bucket.
func (s Storage) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, _, err := s.Bucket.Get(ctx, s.Prefix+name)
	if errors.Is(err, s3.ErrAbsent) {
		return nil, fmt.Errorf("%w: %s in %s", ErrNone, name, s)
	}
	return r, err
}

// List lists the backups, oldest first.
func (s Storage) List(ctx context.Context) (list []Entry, err error) {
	all, err := s.Bucket.List(ctx, s.Prefix)
	for _, o := range all {
		if x, ok := entry(strings.TrimPrefix(o.Key, s.Prefix), o.Size); ok {
			list = append(list, x)
		}
	}
	return oldestFirst(list), err
}

// Delete removes a backup.
func (s Storage) Delete(ctx context.Context, name string) error {
	return s.Bucket.Delete(ctx, s.Prefix+name)
}
