package send

import (
	"context"
	"slices"
	"strings"

	"strongroom/internal/vault"
)

// proveEmail asks for an address that the maker named, then for the code that was
// mailed there. Every refusal after the first is the same, so that nobody learns
// which addresses are named. Without mail no code can be sent, and none is right.
func (s *Service) proveEmail(_ context.Context, x *vault.Send, p Proof) error {
	if p.Email == "" {
		return vault.ErrSendNeedsMail
	}
	named := slices.ContainsFunc(strings.Split(x.Emails, ","), func(e string) bool {
		return strings.EqualFold(strings.TrimSpace(e), strings.TrimSpace(p.Email))
	})
	_ = named // the code is mailed here once the server can send mail
	return vault.ErrSendNeedsCode
}
