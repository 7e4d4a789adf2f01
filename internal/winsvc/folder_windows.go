package winsvc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// Protect makes a service's data folder, or takes it over, so that nobody but
// Windows itself, administrators and the service's account opens what is in it.
// ProgramData lets every user make folders: one that somebody else made there
// before us is refused, because its owner could read all of it.
func Protect(dir string) error {
	i, err := os.Lstat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	switch {
	case made:
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	case err != nil:
		return err
	case !i.IsDir() || i.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		return fmt.Errorf("%s is not a folder of its own", dir)
	default:
		if err := ownedByUs(dir); err != nil {
			return err
		}
	}
	sd, err := windows.SecurityDescriptorFromString("O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + accountSID(Name) + ")")
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION)
	if windows.GetCurrentProcessToken().IsElevated() { // the service itself could not, and owns what it makes
		what |= windows.OWNER_SECURITY_INFORMATION
	}
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, owner, nil, dacl, nil); err != nil {
		return fmt.Errorf("taking others' access to %s away: %w", dir, err)
	}
	return nil
}

// Enter is Protect for the service itself: it makes the folder if it is not there,
// refuses somebody else's, and leaves the rights of one that administrators made.
func Enter(dir string) error {
	if _, err := os.Lstat(dir); err != nil {
		return Protect(dir)
	}
	return ownedByUs(dir)
}

// ownedByUs reports an error if the owner of dir is somebody who could not have
// installed a service.
func ownedByUs(dir string) error {
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	service, err := windows.StringToSid(accountSID(Name))
	if err != nil {
		return err
	}
	if owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) || owner.Equals(service) || owner.Equals(me.User.Sid) {
		return nil
	}
	return fmt.Errorf("%s belongs to somebody else (%s): look at what is in it, then give it to Administrators or remove it", dir, owner)
}
