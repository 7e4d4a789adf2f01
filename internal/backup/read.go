package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"

	"filippo.io/age"

	"strongroom/internal/seal"
	"strongroom/internal/store"
)

// sink takes what a backup holds, in its order. Its methods may be nil.
type sink struct {
	header func(header) error
	row    func(store.Table, []store.Value) error
	table  func(store.Table) error // the table's last row was given
	file   func(file) (output, error)
}

// output takes the bytes of one file: Close keeps it, Abort does not.
type output interface {
	io.WriteCloser
	Abort(error)
}

// Verify reads a whole backup and says what it holds, or why it is none. With
// keys (FERNET_KEY), it also finds out whether they are those of the instance
// that made it; nil leaves that open.
func Verify(ctx context.Context, r io.Reader, ids []age.Identity, keys *seal.Keys, report Report) (Summary, error) {
	return read(ctx, r, ids, keys, sink{}, report)
}

func read(ctx context.Context, r io.Reader, ids []age.Identity, keys *seal.Keys, to sink, report Report) (sum Summary, err error) {
	plain, err := age.Decrypt(r, ids...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return sum, errWrongKey
	}
	if err != nil {
		return sum, damaged("%v", err)
	}
	return readPlain(ctx, plain, keys, to, report)
}

// readPlain is read behind the encryption.
func readPlain(ctx context.Context, plain io.Reader, keys *seal.Keys, to sink, report Report) (sum Summary, err error) {
	d, err := newDecoder(plain)
	if err != nil {
		return sum, err
	}
	rd := &reading{d: d, keys: keys, to: to, report: report, sum: Summary{Tables: map[string]int64{}}}
	for err == nil && !rd.done {
		if err = ctx.Err(); err == nil {
			err = rd.record(ctx)
		}
	}
	if err == nil {
		return rd.sum, d.end()
	}
	if rd.out != nil {
		rd.out.Abort(err)
	}
	return sum, err
}

// reading is one pass through a backup.
type reading struct {
	d      *decoder
	keys   *seal.Keys
	to     sink
	report Report

	sum    Summary
	schema []store.Table // as its version's migrations make them; nil before the header
	at     int           // the table that comes next
	out    output
	left   int64 // bytes that the file still lacks
	done   bool
}

func (rd *reading) record(ctx context.Context) error {
	kind, body, before, err := rd.d.next()
	if err != nil {
		return err
	}
	if rd.schema == nil {
		if kind != kindHeader {
			return damaged("it does not begin with a header")
		}
		return rd.begin(ctx, body)
	}
	if kind != kindRow && kind != kindChunk {
		if err := rd.close(); err != nil {
			return err
		}
	}
	switch kind {
	case kindTable:
		return rd.table(body)
	case kindRow:
		return rd.row(body)
	case kindFile:
		return rd.file(body)
	case kindChunk:
		return rd.chunk(body)
	case kindTrailer:
		return rd.end(body, before)
	}
	return damaged("a record of unknown kind %q", kind)
}

// schemaOf is the store's; fuzzing puts a quick one in its place.
var schemaOf = store.Schema

func (rd *reading) begin(ctx context.Context, body []byte) error {
	var h header
	if err := unmarshal(body, &h); err != nil {
		return err
	}
	if h.Format != format {
		return fmt.Errorf("the backup has format %d and this program knows %d: it was made by another strongroom (%s)", h.Format, format, h.Version)
	}
	newest, err := store.NewestSchema()
	if err != nil {
		return err
	}
	if h.Schema > newest {
		return fmt.Errorf("the backup has schema version %d and this program knows up to %d: it was made by a newer strongroom (%s); use that one", h.Schema, newest, h.Version)
	}
	if h.Schema < 1 {
		return damaged("schema version %d", h.Schema)
	}
	if rd.schema, err = schemaOf(ctx, h.Schema); err != nil {
		return err
	}
	rd.sum.Made, rd.sum.Version, rd.sum.Schema = h.Made, h.Version, h.Schema
	if rd.to.header != nil {
		return rd.to.header(h)
	}
	return nil
}

// current is the table whose rows come.
func (rd *reading) current() store.Table { return rd.schema[rd.at-1] }

func (rd *reading) table(body []byte) error {
	var t store.Table
	if err := unmarshal(body, &t); err != nil {
		return err
	}
	if rd.at >= len(rd.schema) || !reflect.DeepEqual(t, rd.schema[rd.at]) {
		return damaged("table %s is not as version %d of the schema has it", t.Name, rd.sum.Schema)
	}
	rd.at++
	rd.sum.Tables[t.Name] = 0
	return nil
}

func (rd *reading) row(body []byte) error {
	if rd.at == 0 || rd.sum.Files > 0 {
		return damaged("a row without a table")
	}
	t := rd.current()
	row, err := readRow(t, body)
	if err != nil {
		return err
	}
	if rd.keys != nil {
		if err := t.CheckWrapped(*rd.keys, row); err != nil {
			return fmt.Errorf("%w: %w", errWrongFernet, err)
		}
	}
	rd.sum.Tables[t.Name]++
	if rd.sum.Rows++; rd.sum.Rows%often == 0 {
		rd.report.tell("rows", rd.sum.Rows, 0)
	}
	if rd.to.row != nil {
		return rd.to.row(t, row)
	}
	return nil
}

func (rd *reading) file(body []byte) (err error) {
	var f file
	if err := unmarshal(body, &f); err != nil {
		return err
	}
	if rd.at < len(rd.schema) || f.Size < 0 {
		return damaged("a file before the last table")
	}
	rd.sum.Files, rd.sum.Bytes, rd.left = rd.sum.Files+1, rd.sum.Bytes+f.Size, f.Size
	rd.out = discard{}
	if rd.to.file != nil {
		rd.out, err = rd.to.file(f)
	}
	rd.report.tell("bytes of files", rd.sum.Bytes, 0)
	return err
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
func (discard) Abort(error)                 {}

func (rd *reading) chunk(body []byte) error {
	if rd.left -= int64(len(body)); rd.out == nil || rd.left < 0 {
		return damaged("bytes that belong to no file")
	}
	_, err := rd.out.Write(body)
	return err
}

// close ends the table or the file that was being read.
func (rd *reading) close() error {
	if rd.out != nil {
		if rd.left != 0 {
			return damaged("a file lacks %d bytes", rd.left)
		}
		out := rd.out
		rd.out = nil
		return out.Close()
	}
	if rd.at > 0 && rd.sum.Files == 0 && rd.to.table != nil {
		return rd.to.table(rd.current())
	}
	return nil
}

func (rd *reading) end(body, digest []byte) error {
	var z trailer
	if err := unmarshal(body, &z); err != nil {
		return err
	}
	rd.done, rd.sum.Digest, rd.sum.Missing = true, hex.EncodeToString(digest), z.Missing
	switch {
	case rd.at < len(rd.schema):
		return damaged("table %s is not there", rd.schema[rd.at].Name)
	case z.Digest != rd.sum.Digest:
		return damaged("its checksum is another")
	case !maps.Equal(z.Tables, rd.sum.Tables) || z.Files != rd.sum.Files || z.Bytes != rd.sum.Bytes:
		return damaged("its counts are others")
	case rd.keys == nil:
		return nil
	}
	if err := rd.keys.CheckSignature(place, digest, z.Signature, z.Key); err != nil {
		return fmt.Errorf("%w: %w", errWrongFernet, err)
	}
	rd.sum.Signed = true
	return nil
}
