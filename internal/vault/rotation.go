package vault

import "strongroom/internal/fault"

// Rotation is a new user key with all that was under the old one, as one client
// re-encrypted it.
type Rotation struct {
	KDF                       KDF
	Proof, ProtectedKey, Hint string
	PublicKey, PrivateKey     string
	KeyID                     string
	V2                        AccountV2
	Items                     map[ItemID]RotatedItem
	Folders                   map[FolderID]string
	Sends                     map[SendID]RotatedSend
	Devices                   map[DeviceID]DeviceKeys
	Passkeys                  map[FactorID]PasskeyKeys
}

// RotatedItem is an item's content under the new key, its attachments' names and keys too.
type RotatedItem struct {
	Type  ItemType
	Data  []byte
	Files map[AttachmentID]Attachment
}

// RotatedSend is a Send's seed under the new key.
type RotatedSend struct{ Key string }

// ErrRotation means that the request does not cover all that is under the old
// key; what is missing could never be read again, so nothing is changed.
var ErrRotation = fault.New(fault.Invalid, "rotation-incomplete", "The keys were not rotated: the request must hold every item, folder, Send, passkey and trusted device of the account. Synchronize and try again.")

// CheckRotation reports why u may not be rotated so.
func (u *User) CheckRotation(r Rotation) error {
	switch {
	case r.KDF != u.KDF:
		return ErrUserInvalid.At("masterPasswordUnlockData.kdf", "must not change with a rotation")
	case r.Proof == "":
		return ErrUserInvalid.At("masterKeyAuthenticationHash", "is required")
	case !ValidEncString(r.ProtectedKey):
		return ErrUserInvalid.At("masterKeyEncryptedUserKey", "is not an encrypted string of a known type")
	case !ValidEncString(r.PrivateKey):
		return ErrUserInvalid.At("accountKeys.userKeyEncryptedAccountPrivateKey", "is not an encrypted string of a known type")
	case r.PublicKey != u.PublicKey:
		return ErrUserInvalid.At("accountKeys.accountPublicKey", "must not change with a rotation")
	case u.V2.VerifyingKey != "" && r.V2.VerifyingKey != u.V2.VerifyingKey:
		return ErrUserInvalid.At("accountKeys.signatureKeyPair.verifyingKey", "must not change with a rotation")
	}
	return r.V2.Check()
}
