package vault

// Move is a whole account of another server that keeps vaults as this one does:
// encrypted by clients, whose proof of a password it has hashed. Everything in it
// is owned by ID; its files are stored.
type Move struct {
	ID                                  UserID
	Email, Name, Hint                   string
	State                               State
	KDF                                 KDF
	Proof                               MovedProof
	ProtectedKey, PublicKey, PrivateKey string
	EmailVerified                       bool
	APIKey                              string
	Domains                             Domains
	Folders                             []*Folder
	Items                               []*Item // with their Attachments
	Factors                             []*Factor
	Sends                               []*MovedSend
	Devices                             []*Device

	Guarded bool   // the password alone did not open it
	Bare    bool   // it may come although none of its second factors can
	Left    []Left // what does not come of what belongs to it
	Expired int64  // Sends whose time was over
}

// MovedProof is how the other server keeps what a client shows at sign-in, or the
// receiver of a Send: PBKDF2-SHA256 with a salt and a number of rounds.
type MovedProof struct {
	Salt, Hash []byte
	Rounds     int
}

// MovedSend is a Send whose password, if it has one, was hashed by another server.
// Bad is why it cannot be read.
type MovedSend struct {
	*Send
	Proof MovedProof
	Bad   error
}

// Left is something that does not come with its account, and why.
type Left struct {
	Kind LeftKind
	What string
	Why  error
}

// LeftKind is what was left behind, in words.
type LeftKind string

// What can be left behind of an account that comes.
const (
	LeftFactor   LeftKind = "second factor"
	LeftRecovery LeftKind = "recovery code"
	LeftSend     LeftKind = "Send"
	LeftDevice   LeftKind = "device"
)

// Leave notes that something does not come.
func (m *Move) Leave(kind LeftKind, what string, why error) {
	m.Left = append(m.Left, Left{kind, what, why})
}

// LeftOf are the things of a kind that do not come.
func (m *Move) LeftOf(kind LeftKind) (names []string) {
	for _, l := range m.Left {
		if l.Kind == kind {
			names = append(names, l.What)
		}
	}
	return names
}

// Check reports the first rule that m breaks. A key derivation that is too weak
// for a new account is taken: it is the password's owner who must change it.
func (m *Move) Check() error {
	keys := NewAccount{Email: m.Email, Salt: m.Email, Hint: m.Hint, Proof: "stands for the one that nobody here knows", ProtectedKey: m.ProtectedKey, PublicKey: m.PublicKey, PrivateKey: m.PrivateKey}
	if err := keys.CheckKeys(); err != nil {
		return err
	}
	if err := m.KDF.checkMoved(); err != nil {
		return err
	}
	if !ValidID(m.ID) {
		return ErrUserInvalid.At("uuid", "is not an id in lower case")
	}
	for _, f := range m.Folders {
		if !ValidID(f.ID) {
			return ErrFolderInvalid.At("uuid", "is not an id in lower case")
		}
		if err := f.Check(); err != nil {
			return err
		}
	}
	for _, i := range m.Items {
		if err := i.checkMoved(); err != nil {
			return err
		}
	}
	if m.Unguarded() {
		return ErrUserInvalid.Saying("It has a second factor, and none of those that it has can be taken over.")
	}
	return nil
}

// Unguarded reports whether the password alone would open what more than that
// opened before, and nobody said that it may.
func (m *Move) Unguarded() bool { return m.Guarded && !m.Bare && len(Seconds(m.Factors)) == 0 }

func (i *Item) checkMoved() error {
	if !ValidID(i.ID) {
		return ErrItemInvalid.At("uuid", "is not an id in lower case")
	}
	if err := i.Check(); err != nil {
		return err
	}
	for _, a := range i.Attachments {
		if err := a.Check(); err != nil {
			return err
		}
	}
	return nil
}

// checkMoved is Check without the floor.
func (k KDF) checkMoved() error {
	floor := k
	switch {
	case k.Iterations < 1:
		return ErrKDFWeak.At("kdfIterations", "must be 1 or more")
	case k.Type == 0:
		floor.Iterations = max(k.Iterations, 600_000)
	}
	return floor.Check()
}

// Weak reports whether a new account could not have k.
func (k KDF) Weak() bool { return k.Check() != nil }
