package file

import (
	"context"
	"io"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Bring keeps the bytes of a file whose row comes after it, with a whole account
// of another server, and returns how many there are; without that row Discard
// takes them away again. Only the machine's owner may ask. A run that was killed
// between the two leaves bytes that the next one, which gives the file the same
// id, writes anew. One of that id whose account was deleted lately is deleted no more.
func (s *Service) Bring(ctx context.Context, id string, r io.Reader) (int64, error) {
	if err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Undoom(ctx, id) }); err != nil {
		return 0, err
	}
	n, err := s.Blobs.Put(ctx, id, r, vault.MaxFile)
	if err == nil && n == 0 {
		err = vault.ErrFileSize
	}
	return n, err
}

// Discard takes back what Bring kept.
func (s *Service) Discard(id string) error { return s.Blobs.Delete(id) }
