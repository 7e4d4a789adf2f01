package vault

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Settle leaves behind, of factors, Sends and devices, what may not be kept here
// at now. An account is refused for no more than what is in its vault, or for
// losing all that guarded it.
func (m *Move) Settle(now time.Time) {
	m.settleFactors()
	m.settleSends(now)
	m.settleDevices()
}

// settleFactors brings a recovery code with the first second factor, as setting
// one up does: the one that was written down, if it came.
func (m *Move) settleFactors() {
	come, recovery := []*Factor{}, &Factor{Kind: FactorRecovery, Number: 1, Secret: NewSecret(NewRecoveryCode())}
	for _, f := range m.Factors {
		err := f.checkMoved()
		if f.Kind == FactorRecovery {
			if err == nil {
				recovery = f
			} else {
				m.Leave(LeftRecovery, "", err)
			}
			continue
		}
		if err == nil {
			err = f.Admit(come)
		}
		if err != nil {
			m.Leave(LeftFactor, f.Kind.String(), err)
			continue
		}
		come = append(come, f)
	}
	if len(come) > 0 {
		come = append(come, recovery)
	}
	for _, f := range come {
		f.ID, f.User = NewID[FactorID](), m.ID
	}
	m.Factors = come
}

// checkMoved is Check for what nobody has shown here. Codes go to an address only
// if it has the form of one.
func (f *Factor) checkMoved() error {
	if f.Kind == FactorEmail {
		if e, err := (Names{}).Email(f.Email); err != nil || e != strings.ToLower(f.Email) || !strings.Contains(f.Email, "@") {
			return ErrFactorInvalid.At("email", "is not an e-mail address")
		}
	}
	return f.Check()
}

func (m *Move) settleSends(now time.Time) {
	come := []*MovedSend{}
	for _, s := range m.Sends {
		err := s.Bad
		switch {
		case !s.DeletesAt.IsZero() && !s.DeletesAt.After(now):
			m.Expired++
			continue
		case err != nil:
		case !ValidID(s.ID):
			err = ErrSendInvalid.At("uuid", "is not an id in lower case")
		case len(come) >= MaxSends:
			err = ErrSendLimit
		default:
			err = s.Check(now)
		}
		if err != nil {
			m.Leave(LeftSend, string(s.ID), err)
			continue
		}
		s.Owner, s.State = m.ID, FileStored
		come = append(come, s)
	}
	m.Sends = come
}

var errManyDevices = ErrDeviceInvalid.Saying("There are more than 200 devices, and this one was unused longest.")

func (m *Move) settleDevices() {
	slices.SortStableFunc(m.Devices, func(a, b *Device) int { return cmp.Compare(b.LastUsedAt.UnixMicro(), a.LastUsedAt.UnixMicro()) })
	come, seen := []*Device{}, map[string]bool{}
	for _, d := range m.Devices {
		err := d.Check()
		switch {
		case seen[d.Identifier]: // the same one, used before
			continue
		case err == nil && len(come) >= MaxDevices:
			err = errManyDevices
		}
		if err != nil {
			m.Leave(LeftDevice, d.Identifier, err)
			continue
		}
		d.ID, d.User, seen[d.Identifier] = NewID[DeviceID](), m.ID, true
		come = append(come, d)
	}
	m.Devices = come
}
