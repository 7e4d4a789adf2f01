package bitwarden

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"strongroom/internal/vault"
)

func (d *Door) syncRoutes() {
	d.row(vault.ReadVault, d.sync, "GET /api/sync")
	d.row(vault.ReadVault, d.revision, "GET /api/accounts/revision-date")
}

// revision is asked before most syncs; the row that says whether the session
// stands has the answer.
func (d *Door) revision(_ context.Context, c vault.Caller, _ *request) (any, error) {
	return raw(strconv.FormatInt(c.Changed.UnixMilli(), 10)), nil
}

// decryptionJSON without a complete masterPasswordUnlock would make clients
// forget how to unlock.
type decryptionJSON struct {
	Unlock struct {
		KDF  kdfJSON `json:"kdf"`
		Key  string  `json:"masterKeyEncryptedUserKey"`
		Salt string  `json:"salt"`
		ID   *string `json:"containedKeyId,omitempty"`
	} `json:"masterPasswordUnlock"`
	PRF     []prfJSON       `json:"webAuthnPrfOptions,omitempty"`
	KeyID   *string         `json:"userKeyId,omitempty"`
	Upgrade json.RawMessage `json:"v2UpgradeToken,omitempty"`
}

func decryptionOf(u *vault.User, fs []*vault.Factor) (x decryptionJSON) {
	x.Unlock.KDF, x.Unlock.Key, x.Unlock.Salt, x.Unlock.ID = kdfOf(u.KDF), u.ProtectedKey, u.Salt, orNull(u.UserKeyID)
	x.PRF = prfOf(fs)
	x.KeyID, x.Upgrade = orNull(u.UserKeyID), upgradeToken(u.V2.UpgradeToken)
	return x
}

// sync answers with the whole vault. What is small is encoded at once, the items
// are streamed between it.
func (d *Door) sync(ctx context.Context, c vault.Caller, r *request) (any, error) {
	u, err := d.Accounts.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	folders, err := d.Items.Folders(ctx, c)
	if err != nil {
		return nil, err
	}
	var domains any
	if r.URL.Query().Get("excludeDomains") != "true" {
		domains = domainsOf(u)
	}
	sends, err := d.sendsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	fs, err := d.Factors.List(ctx, c)
	if err != nil {
		return nil, err
	}
	none := []struct{}{}
	head := object("object", "sync", "profile", d.profileOf(u, fs), "folders", foldersOf(folders), "collections", none, "domains", domains,
		"policies", none, "sends", sends, "userDecryption", decryptionOf(u, fs))
	return d.stream(ctx, c, r, string(head[:len(head)-1])+`,"ciphers":[`, `]}`)
}

// object encodes names and values in the order they are given.
func object(pairs ...any) []byte {
	b := []byte{'{'}
	for pair := range slices.Chunk(pairs, 2) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		v, err := json.Marshal(pair[1])
		if err != nil {
			panic(err) // our own types always encode
		}
		b = append(append(append(append(b, '"'), pair[0].(string)...), `":`...), v...)
	}
	return append(b, '}')
}

// syncPage is how many items are read in one transaction: a slow client must not
// hold a snapshot of the database, nor the server a whole vault for it.
const syncPage = 2048

// stream answers with head, the caller's items and tail.
func (d *Door) stream(ctx context.Context, c vault.Caller, r *request, head, tail string) (any, error) {
	if batches, ok := d.sent.find(c); ok {
		begin(r.w, head)
		for _, b := range batches {
			if _, err := r.w.Write(b); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		io.WriteString(r.w, tail) //nolint:errcheck // the client is gone
		return done{}, nil
	}
	keep := d.sent.claim(c.User)
	if keep {
		defer d.sent.release(c.User)
	}
	page, err := d.read(ctx, c, r, head, keep)
	if err != nil {
		return nil, err
	}
	io.WriteString(r.w, tail) //nolint:errcheck // the client is gone
	if page.keep {
		d.sent.add(c, page.kept)
	}
	return done{}, nil
}

func begin(w http.ResponseWriter, head string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	io.WriteString(w, head) //nolint:errcheck // the client is gone
}

// read answers with head and the caller's items as they are stored, page by page.
// Once the head is sent a failure can only cut the connection, and does.
func (d *Door) read(ctx context.Context, c vault.Caller, r *request, head string, keep bool) (*cipherPage, error) {
	files, err := d.Items.Files(ctx, c)
	if err != nil {
		return nil, err
	}
	for id, as := range files {
		files[id] = arrived(as)
	}
	f := vault.ItemFilter{All: true, Limit: syncPage}
	page := &cipherPage{files: files, keep: keep}
	for n := 0; ; n++ {
		if err := d.Items.Scan(ctx, c, f, page.add); err != nil {
			if n > 0 {
				panic(http.ErrAbortHandler)
			}
			return nil, err
		}
		if n == 0 {
			begin(r.w, head)
		}
		full := page.count == syncPage
		if err := page.flush(r.w, n == 0); err != nil {
			panic(http.ErrAbortHandler)
		}
		if !full {
			return page, nil
		}
		f.After = page.last
	}
}

// cipherPage gathers the encoded batches of one page, which come in any order.
// While keep holds they are kept when they are sent; one that is too large ends that.
type cipherPage struct {
	files map[vault.ItemID][]*vault.Attachment

	mu      sync.Mutex
	batches [][]byte
	count   int
	last    vault.Cursor
	lastAt  int

	keep bool
	kept [][]byte
	size int
}

var syncBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 128<<10); return &b }}

func newBatch() []byte { return (*syncBuffers.Get().(*[]byte))[:0] }

func (p *cipherPage) add(n int, items []vault.Item) error {
	b := newBatch()
	for i := range items {
		b = append(appendCipher(b, &items[i], p.files[items[i].ID]), ',')
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.batches) <= n {
		p.batches = append(p.batches, nil)
	}
	p.batches[n] = b
	p.count += len(items)
	for i := range items { // the last of the last batch says where the next page begins
		if n >= p.lastAt {
			p.lastAt, p.last = n, vault.Cursor{At: items[i].CreatedAt, ID: string(items[i].ID)}
		}
	}
	return nil
}

// flush writes the page. Each item ends in a comma; the page's last is held back
// until it is known that another page follows.
func (p *cipherPage) flush(w io.Writer, first bool) error {
	if !first && p.count > 0 {
		if err := p.write(w, append(newBatch(), ',')); err != nil {
			return err
		}
	}
	for n, b := range p.batches {
		if n == len(p.batches)-1 {
			b = bytes.TrimSuffix(b, []byte(","))
		}
		if err := p.write(w, b); err != nil {
			return err
		}
	}
	p.batches, p.lastAt, p.count = p.batches[:0], 0, 0
	return nil
}

// write sends a batch, whose memory is kept or used again.
func (p *cipherPage) write(w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return err
	}
	if p.keep && len(b) > cap(b)/2 {
		p.gather(b)
		return nil
	}
	if p.keep { // what is small is not worth a large buffer
		p.gather(bytes.Clone(b))
	}
	const usual = 1 << 20
	if cap(b) <= usual {
		syncBuffers.Put(&b)
	}
	return nil
}

func (p *cipherPage) gather(b []byte) {
	p.kept, p.size = append(p.kept, b), p.size+cap(b)
	if p.size > maxSent {
		p.keep, p.kept = false, nil
	}
}
