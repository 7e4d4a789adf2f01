package file

import (
	"context"
	"io"

	"strongroom/internal/vault"
)

// Bring keeps the bytes of a file whose row comes after it, with a whole account
// of another server; without that row Discard takes them away again. Only the
// machine's owner may ask. A run that was killed between the two leaves bytes
// that the next one, which gives the file the same id, writes anew.
func (s *Service) Bring(ctx context.Context, a *vault.Attachment, r io.Reader) error {
	n, err := s.Blobs.Put(ctx, string(a.ID), r, vault.MaxFile)
	if err != nil {
		return err
	}
	a.Size = n
	if n == 0 {
		return vault.ErrFileSize
	}
	return nil
}

// Discard takes back what Bring kept.
func (s *Service) Discard(a *vault.Attachment) error { return s.Blobs.Delete(string(a.ID)) }
