package bitwarden

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

func (d *Door) itemRoutes() {
	d.row(vault.ReadVault, d.items, "GET /api/ciphers")
	d.row(vault.ReadVault, d.item, "GET /api/ciphers/{id}", "GET /api/ciphers/{id}/details", "GET /api/ciphers/{id}/full-details")
	d.row(vault.WriteVault, d.addItem, "POST /api/ciphers")
	d.row(vault.WriteVault, d.createItem, "POST /api/ciphers/create")
	d.row(vault.WriteVault, d.editItem, "PUT /api/ciphers/{id}", "POST /api/ciphers/{id}")
	d.row(vault.WriteVault, d.partialItem, "PUT /api/ciphers/{id}/partial", "POST /api/ciphers/{id}/partial")
}

// cipherIn is a cipher request: what the server must know, and content, the
// members that it keeps as they came.
type cipherIn struct {
	ID        string
	Type      vault.ItemType
	Org       string
	Folder    vault.FolderID
	Favorite  bool
	Reprompt  bool
	Maker     vault.Maker
	Known     moment
	Archived  *moment
	Attached  map[string]string
	Attached2 map[string]attachedIn
	Content   []byte
}

type attachedIn struct {
	FileName string `json:"fileName"`
	Key      string `json:"key"`
}

// control are the members of a request that are not content; those of an answer
// are among them, for clients that send back what they got.
var control = func() map[string]bool {
	m := map[string]bool{}
	for n := range strings.FieldsSeq(`id type organizationId folderId favorite reprompt encryptedFor encryptedByKeyId lastKnownRevisionDate archivedDate
		attachments attachments2 isOrganizationCipher object revisionDate creationDate deletedDate edit viewPassword permissions organizationUseTotp
		collectionIds response`) {
		m[n] = true
	}
	return m
}()

func (c *cipherIn) UnmarshalJSON(b []byte) error {
	var head struct {
		ID        *string               `json:"id"`
		Type      vault.ItemType        `json:"type"`
		Org       *string               `json:"organizationId"`
		Folder    *string               `json:"folderId"`
		Favorite  *bool                 `json:"favorite"`
		Reprompt  *int                  `json:"reprompt"`
		For       *string               `json:"encryptedFor"`
		KeyID     *string               `json:"encryptedByKeyId"`
		Known     moment                `json:"lastKnownRevisionDate"`
		Archived  *moment               `json:"archivedDate"`
		Attached  json.RawMessage       `json:"attachments"`
		Attached2 map[string]attachedIn `json:"attachments2"`
	}
	known, content := b, map[string]json.RawMessage{}
	if b[0] == '{' {
		known, content = sortMembers(b)
	}
	if err := json.Unmarshal(known, &head); err != nil {
		return err
	}
	*c = cipherIn{ID: deref(head.ID), Type: head.Type, Org: deref(head.Org), Folder: vault.FolderID(deref(head.Folder)), Favorite: deref(head.Favorite),
		Reprompt: deref(head.Reprompt) != 0, Maker: vault.Maker{For: vault.UserID(deref(head.For)), KeyID: deref(head.KeyID)}, Known: head.Known,
		Archived: head.Archived, Attached2: head.Attached2}
	if len(head.Attached) > 0 && head.Attached[0] == '{' { // an answer's list is not a request's map
		if err := json.Unmarshal(head.Attached, &c.Attached); err != nil {
			return err
		}
	}
	c.Content = contentOf(content)
	return nil
}

// sortMembers splits a request into the members that the server must know, as an
// object of their own, and those that are content.
func sortMembers(b []byte) (known []byte, content map[string]json.RawMessage) {
	known, content = []byte{'{'}, map[string]json.RawMessage{}
	eachMember(b, func(name, value []byte) {
		n := lowerFirst(unquote(name))
		if !control[n] {
			content[n] = value
			return
		}
		if len(known) > 1 {
			known = append(known, ',')
		}
		known = append(append(append(known, name...), ':'), value...)
	})
	return append(known, '}'), content
}

var contentOrder = strings.Fields("name notes login card identity secureNote sshKey bankAccount driversLicense passport fields passwordHistory key data")

// contentOf writes the members that are content, those we know in one order so
// that the same item is the same bytes.
func contentOf(members map[string]json.RawMessage) []byte {
	out := []byte{'{'}
	put := func(name string) {
		v, ok := members[name]
		if !ok {
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		b, _ := json.Marshal(name) // a text always encodes
		out = append(append(append(out, b...), ':'), v...)
		delete(members, name)
	}
	for _, name := range contentOrder {
		put(name)
	}
	for _, name := range sorted(members) {
		put(name)
	}
	return append(out, '}')
}

var errNoOrg = fault.New(fault.NotFound, "organization-not-found", "There is no such organization.")

// personal reports that a request is about a person's own vault: this server has
// no organizations yet.
func (c *cipherIn) personal() error {
	if c.Org != "" {
		return errNoOrg
	}
	return nil
}

// fill puts what a request says into i.
func (c *cipherIn) fill(i *vault.Item, now time.Time) {
	i.Type, i.Folder, i.Favorite, i.Reprompt, i.Data = c.Type, c.Folder, c.Favorite, c.Reprompt, c.Content
	if c.Archived != nil {
		i.ArchivedAt = c.Archived.Time.UTC()
		if i.ArchivedAt.After(now) {
			i.ArchivedAt = now
		}
	}
}

func (d *Door) addItem(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in cipherIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return d.add(ctx, c, in)
}

func (d *Door) createItem(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Cipher *cipherIn `json:"cipher"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	if in.Cipher == nil {
		return nil, vault.ErrItemInvalid.At("cipher", "is required")
	}
	return d.add(ctx, c, *in.Cipher)
}

func (d *Door) add(ctx context.Context, c vault.Caller, in cipherIn) (any, error) {
	if err := in.personal(); err != nil {
		return nil, err
	}
	if err := d.Items.Made(ctx, c, in.Maker); err != nil {
		return nil, err
	}
	var i vault.Item
	in.fill(&i, d.Now())
	if err := d.Items.Add(ctx, c, &i); err != nil {
		return nil, err
	}
	return d.cipher(&i), nil
}

func (d *Door) item(ctx context.Context, c vault.Caller, r *request) (any, error) {
	i, err := d.Items.Get(ctx, c, vault.ItemID(r.param("id")))
	if err != nil {
		return nil, err
	}
	return d.cipher(i), nil
}

func (d *Door) editItem(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in cipherIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	if err := in.personal(); err != nil {
		return nil, err
	}
	if err := d.Items.Made(ctx, c, in.Maker); err != nil {
		return nil, err
	}
	i, err := d.Items.Change(ctx, c, vault.ItemID(r.param("id")), 0, func(i *vault.Item) error {
		if err := i.CheckKnown(in.Known.Time); err != nil {
			return err
		}
		in.fill(i, d.Now())
		return in.reattach(i)
	})
	if err != nil {
		return nil, err
	}
	return d.cipher(i), nil
}

// reattach puts new names and keys of attachments in place; what is not named stays.
func (c *cipherIn) reattach(i *vault.Item) error {
	for _, a := range i.Attachments {
		if name, ok := c.Attached[string(a.ID)]; ok {
			a.Name = name
		}
		if in, ok := c.Attached2[string(a.ID)]; ok {
			a.Name, a.Key = in.FileName, in.Key
		}
		if err := a.Check(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) partialItem(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Folder   *string `json:"folderId"`
		Favorite bool    `json:"favorite"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	i, err := d.Items.Change(ctx, c, vault.ItemID(r.param("id")), 0, func(i *vault.Item) error {
		i.Folder, i.Favorite = vault.FolderID(deref(in.Folder)), in.Favorite
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.cipher(i), nil
}

func (d *Door) items(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return d.stream(ctx, c, r, `{"object":"list","data":[`, `],"continuationToken":null}`)
}
