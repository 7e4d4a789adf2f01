package backup

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

var (
	errNoRecipient = errors.New("a backup is always encrypted: set BACKUP_PASSPHRASE, or BACKUP_RECIPIENTS to public keys of age (age1...)")
	errWrongKey    = errors.New("this passphrase or key does not open the backup; nothing was changed")
	errWrongFernet = errors.New("FERNET_KEY is not the one of the instance that made this backup; nothing was changed")
)

// Identity is what opens backups.
type Identity = age.Identity

// Lock is what backups are encrypted to: a passphrase or public keys.
type Lock struct {
	Passphrase string
	Recipients string // age1..., separated by commas or spaces
	Work       int    // log2 of what a guess at the passphrase costs; 0 for the usual
}

// Open reports whether nothing is set.
func (l Lock) Open() bool { return l.Passphrase == "" && strings.TrimSpace(l.Recipients) == "" }

// To is who can open what is encrypted now.
func (l Lock) To() (to []age.Recipient, err error) {
	if l.Passphrase != "" && strings.TrimSpace(l.Recipients) != "" {
		return nil, errors.New("BACKUP_PASSPHRASE and BACKUP_RECIPIENTS are both set; choose one")
	}
	if l.Passphrase != "" {
		if len(l.Passphrase) < minPassphrase {
			return nil, fmt.Errorf("BACKUP_PASSPHRASE has %d characters and needs at least %d", len(l.Passphrase), minPassphrase)
		}
		r, err := age.NewScryptRecipient(l.Passphrase)
		if err == nil {
			r.SetWorkFactor(cmp.Or(l.Work, usualWork))
		}
		return []age.Recipient{r}, err
	}
	for _, s := range strings.FieldsFunc(l.Recipients, func(r rune) bool { return r == ',' || r == ' ' }) {
		rs, err := age.ParseRecipients(strings.NewReader(s))
		if err != nil {
			return nil, errors.New("BACKUP_RECIPIENTS: each must be a public key of age (age1...)")
		}
		to = append(to, rs...)
	}
	if len(to) == 0 {
		return nil, errNoRecipient
	}
	return to, nil
}

// minPassphrase and usualWork belong together: a guess takes 64 MiB and about a
// quarter of a second. age's own 256 MiB, for passphrases of any length, would
// double what a server with a small vault needs.
const (
	minPassphrase = 16
	usualWork     = 16
)

// Keys are what opens backups: the passphrase, and the private keys in identities
// (a file of age-keygen's), which may be nil.
func (l Lock) Keys(identities io.Reader) (ids []Identity, err error) {
	if identities != nil {
		if ids, err = age.ParseIdentities(identities); err != nil {
			return nil, errors.New("the file of identities has no private key of age (AGE-SECRET-KEY-1...)")
		}
	}
	if l.Passphrase != "" {
		s, err := age.NewScryptIdentity(l.Passphrase)
		if err != nil {
			return nil, err
		}
		ids = append(ids, s)
	}
	if len(ids) == 0 {
		return nil, errors.New("nothing to open the backup with: set BACKUP_PASSPHRASE, or name the file of the private key with --identity")
	}
	return ids, nil
}
