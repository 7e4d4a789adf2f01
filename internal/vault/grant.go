package vault

// ClientSignIn is an official client's claim to be someone, with the device it
// runs on and its name for itself (cli, web, browser, desktop, mobile). Request
// names an approved request to log in with another device; Proof is then its code.
type ClientSignIn struct {
	Attempt
	Device  Device
	Client  string
	Request AuthRequestID
}

// Grant is what an official client gets when it signed in. Fresh says that the
// device was not known before, Shown that its person showed a password or a factor;
// Request is the request that opened it, if one did.
type Grant struct {
	Tokens  Tokens
	User    *User
	Fresh   bool
	Shown   bool
	Request *AuthRequest
	Passkey *Factor // what was shown in place of a password
}
