package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"strongroom/internal/store"
)

// Inside the encryption a backup is a magic line and then records: a kind, a
// length of four bytes, a body. A header comes first; then each table with its
// rows; then each file with its chunks; then a trailer, and nothing after it.
const (
	format = 1
	magic  = "strongroom backup\n"

	kindHeader  = 'h'
	kindTable   = 't'
	kindRow     = 'r'
	kindFile    = 'f'
	kindChunk   = 'c'
	kindTrailer = 'z'

	chunkSize = 256 << 10
	maxRecord = 256 << 20 // the longest row; LONGTEXT could hold more, our doors take less
)

type header struct {
	Format  int       `json:"format"`
	Made    time.Time `json:"made"`
	Version string    `json:"version"`
	Schema  int64     `json:"schema"`
}

type file struct {
	ID   string `json:"id"`
	Size int64  `json:"size"`
}

// trailer says what must have come before it. Digest is SHA-256 of every byte
// before the trailer; Signature seals it under FERNET_KEY, so that who has no more
// than the public key that backups are encrypted to cannot make one.
type trailer struct {
	Tables    map[string]int64 `json:"tables"`
	Files     int64            `json:"files"`
	Bytes     int64            `json:"bytes"`
	Missing   int64            `json:"missing,omitempty"`
	Digest    string           `json:"digest"`
	Signature string           `json:"signature"`
	Key       string           `json:"key"`
}

// What is said of files that are no whole backups.
var (
	errDamaged = errors.New("the backup is damaged or cut off; nothing was changed")
	errForeign = errors.New("this is not a backup of Strongroom; nothing was changed")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w (%s)", errDamaged, fmt.Sprintf(format, args...))
}

// encoder writes records. The first error sticks.
type encoder struct {
	w    io.Writer
	hash hash.Hash
	buf  []byte
	err  error
}

func newEncoder(w io.Writer) *encoder {
	e := &encoder{w: w, hash: sha256.New()}
	e.put([]byte(magic))
	return e
}

func (e *encoder) put(b []byte) {
	if e.err == nil {
		e.hash.Write(b)
		_, e.err = e.w.Write(b)
	}
}

func (e *encoder) record(kind byte, body []byte) error {
	if len(body) > maxRecord {
		return fmt.Errorf("a record of %d bytes is longer than a backup takes", len(body))
	}
	var head [5]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(body)))
	e.put(head[:])
	e.put(body)
	return e.err
}

func (e *encoder) json(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.record(kind, b)
}

func (e *encoder) row(t store.Table, row []store.Value) error {
	b := e.buf[:0]
	for n, v := range row {
		switch {
		case v.Null:
			b = append(b, 0)
		case t.Columns[n].Kind == store.Integer:
			b = binary.AppendVarint(append(b, 1), v.Int)
		default:
			b = binary.AppendUvarint(append(b, 2), uint64(len(v.Text)))
			b = append(b, v.Text...)
		}
	}
	e.buf = b
	return e.record(kindRow, b)
}

// Write makes chunks of a file's bytes.
func (e *encoder) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), chunkSize)
		if err := e.record(kindChunk, rest[:n]); err != nil {
			return len(p) - len(rest), err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

func (e *encoder) sum() []byte { return e.hash.Sum(nil) }

// decoder reads records.
type decoder struct {
	r    *bufio.Reader
	hash hash.Hash
	body []byte
	head [5]byte
}

func newDecoder(r io.Reader) (*decoder, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 64<<10), hash: sha256.New()}
	got := make([]byte, len(magic))
	if _, err := io.ReadFull(d.r, got); err != nil {
		return nil, damaged("%v", err)
	}
	if string(got) != magic {
		return nil, errForeign
	}
	d.hash.Write(got)
	return d, nil
}

// next reads one record; its body is valid until the next. Before that it gives
// the digest of all that came earlier.
func (d *decoder) next() (kind byte, body, before []byte, err error) {
	if _, err := io.ReadFull(d.r, d.head[:]); err != nil {
		return 0, nil, nil, damaged("%v", err)
	}
	n := binary.BigEndian.Uint32(d.head[1:])
	if n > maxRecord {
		return 0, nil, nil, damaged("a record of %d bytes", n)
	}
	if uint32(cap(d.body)) < n {
		d.body = make([]byte, n)
	}
	body = d.body[:n]
	if _, err := io.ReadFull(d.r, body); err != nil {
		return 0, nil, nil, damaged("%v", err)
	}
	if d.head[0] == kindTrailer {
		before = d.hash.Sum(nil)
	}
	d.hash.Write(d.head[:])
	d.hash.Write(body)
	return d.head[0], body, before, nil
}

// end makes sure that nothing follows.
func (d *decoder) end() error {
	if _, err := d.r.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged("something follows the end: %v", err)
	}
	return nil
}

func unmarshal(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return damaged("%v", err)
	}
	return nil
}

// readRow reads one row of t. It makes new strings: rows are kept until a batch is full.
func readRow(t store.Table, body []byte) ([]store.Value, error) {
	row := make([]store.Value, len(t.Columns))
	for n := range row {
		if len(body) == 0 {
			return nil, damaged("a row of %s is too short", t.Name)
		}
		tag := body[0]
		body = body[1:]
		switch {
		case tag == 0:
			row[n].Null = true
		case tag == 1 && t.Columns[n].Kind == store.Integer:
			v, used := binary.Varint(body)
			if used <= 0 {
				return nil, damaged("a number of %s cannot be read", t.Name)
			}
			row[n].Int, body = v, body[used:]
		case tag == 2 && t.Columns[n].Kind == store.Text:
			l, used := binary.Uvarint(body)
			if used <= 0 || l > uint64(len(body)-used) {
				return nil, damaged("a text of %s cannot be read", t.Name)
			}
			row[n].Text, body = string(body[used:used+int(l)]), body[used+int(l):]
		default:
			return nil, damaged("a value of %s has the wrong kind", t.Name)
		}
	}
	if len(body) > 0 {
		return nil, damaged("a row of %s is too long", t.Name)
	}
	return row, nil
}
