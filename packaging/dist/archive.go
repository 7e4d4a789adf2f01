package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const noticesName = "THIRD-PARTY-NOTICES.txt"

// entry is one file of an archive.
type entry struct {
	name string // below the archive's folder, with slashes
	from string
	mode fs.FileMode
}

// contents are the files of a target's archive, sorted by name.
func (r *release) contents(p *product, t target) (all []entry, err error) {
	if all, err = p.files(t); err != nil {
		return nil, err
	}
	all = append(all, entry{p.program(t), r.binary(p, t), 0o755}, entry{noticesName, r.notices(p), 0o644})
	for _, name := range []string{"README.md", "LICENSE", "SECURITY.md"} {
		all = append(all, entry{name, name, 0o644})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return all, nil
}

func (r *release) archive(p *product, t target) error {
	all, err := r.contents(p, t)
	if err != nil {
		return err
	}
	write, ending := r.tarball, ".tar.gz"
	if t.OS == "windows" {
		write, ending = r.zip, ".zip"
	}
	return r.create(r.name(p, t)+ending, func(w io.Writer) error { return write(w, r.name(p, t), all) })
}

// create writes a file of out and remembers it.
func (r *release) create(name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	r.made = append(r.made, name)
	return errors.Join(write(f), f.Close())
}

func (r *release) tarball(w io.Writer, dir string, all []entry) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, e := range all {
		b, err := os.ReadFile(e.from)
		if err != nil {
			return err
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: dir + "/" + e.name, Size: int64(len(b)), Mode: int64(e.mode), ModTime: r.date, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(b); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

func (r *release) zip(w io.Writer, dir string, all []entry) error {
	z := zip.NewWriter(w)
	for _, e := range all {
		b, err := os.ReadFile(e.from)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: dir + "/" + e.name, Method: zip.Deflate, Modified: r.date}
		h.SetMode(e.mode)
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	return z.Close()
}

// sums writes SHA256SUMS, as sha256sum -c reads it.
func (r *release) sums() error {
	slices.Sort(r.made)
	var text strings.Builder
	for _, name := range r.made {
		b, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(b), name)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(text.String()), 0o644)
}
