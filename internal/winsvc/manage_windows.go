package winsvc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

// When the process ends without having been told to, Windows starts it again:
// soon at first, then with time for whatever is wrong to be put right.
var recovery = []mgr.RecoveryAction{
	{Type: mgr.ServiceRestart, Delay: 2 * time.Second},
	{Type: mgr.ServiceRestart, Delay: 15 * time.Second},
	{Type: mgr.ServiceRestart, Delay: time.Minute},
}

const recoveryReset = 24 * 60 * 60 // seconds without a failure after which the first delay counts again

// with calls do with the service, if there is one.
func with(do func(*mgr.Service) error) error {
	m, err := connect()
	if err != nil {
		return err
	}
	defer m.Disconnect() //nolint:errcheck // nothing is left to lose
	s, err := m.OpenService(Name)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return fmt.Errorf("there is no service %s; `strongroom service install` makes it", Name)
	}
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // as above
	return do(s)
}

func connect() (*mgr.Mgr, error) {
	m, err := mgr.Connect()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, errors.New("only administrators may do that: open the command prompt with \"Run as administrator\"")
	}
	return m, err
}

// Install registers exe with args as a service that starts with Windows and again
// after a crash. ErrNoRecovery is a warning: all else was done.
func Install(exe string, args []string) error {
	m, err := connect()
	if err != nil {
		return err
	}
	defer m.Disconnect() //nolint:errcheck // nothing is left to lose
	s, err := m.CreateService(Name, exe, mgr.Config{DisplayName: "Strongroom password manager",
		Description: "Serves the vault. Its settings are in the .env of its data folder.",
		StartType:   mgr.StartAutomatic, ServiceStartName: Account}, args...)
	if errors.Is(err, windows.ERROR_SERVICE_EXISTS) {
		return fmt.Errorf("there is a service %s already; `strongroom service uninstall` removes it", Name)
	}
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // as above
	err = adopt(s)
	if err != nil && !errors.Is(err, ErrNoRecovery) {
		err = errors.Join(err, s.Delete())
	}
	return err
}

// Adopt gives a service that an installer registered what Install would have given
// it beside: its place in the event log, and what follows a crash.
func Adopt() error { return with(adopt) }

func adopt(s *mgr.Service) error {
	if err := eventlog.InstallAsEventCreate(Name, eventlog.Error|eventlog.Warning|eventlog.Info); err != nil && !registered() {
		return fmt.Errorf("registering with the event log: %w", err)
	}
	if err := errors.Join(s.SetRecoveryActions(recovery, recoveryReset), s.SetRecoveryActionsOnNonCrashFailures(true)); err != nil {
		return fmt.Errorf("%w (%w)", ErrNoRecovery, err)
	}
	return nil
}

// registered reports whether the event log knows us from an earlier installation.
func registered() bool {
	l, err := eventlog.Open(Name)
	if err == nil {
		l.Close() //nolint:errcheck // it was only asked for
	}
	return err == nil
}

// Uninstall stops and removes the service. Its data stays.
func Uninstall(ctx context.Context) error {
	if err := Stop(ctx); err != nil && !errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return err
	}
	if err := with((*mgr.Service).Delete); err != nil {
		return err
	}
	if err := eventlog.Remove(Name); err != nil && !errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		return err
	}
	return nil
}

// Start starts the service and waits until it serves.
func Start(ctx context.Context) error {
	return with(func(s *mgr.Service) error {
		if err := s.Start(); err != nil {
			return err
		}
		if err := await(ctx, s, svc.Running); err != nil {
			return fmt.Errorf("%w; the event log (source %s) says why", err, Name)
		}
		return nil
	})
}

// Stop asks the service to finish and waits until it has, and its process is gone:
// only then its program can be replaced.
func Stop(ctx context.Context) error {
	return with(func(s *mgr.Service) error {
		was, err := s.Query()
		if err != nil {
			return err
		}
		process, unseen := windows.OpenProcess(windows.SYNCHRONIZE, false, was.ProcessId)
		if unseen == nil {
			defer windows.CloseHandle(process) //nolint:errcheck // nothing is left to lose
		}
		if _, err := s.Control(svc.Stop); err != nil {
			return err
		}
		if err := await(ctx, s, svc.Stopped); err != nil || unseen != nil {
			return err
		}
		_, err = windows.WaitForSingleObject(process, uint32(exitWait/time.Millisecond))
		return err
	})
}

// exitWait is how long a service's process may take from having stopped to its end.
const exitWait = 10 * time.Second

// await waits for a state. A service that stops on its way there has failed.
func await(ctx context.Context, s *mgr.Service, want svc.State) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		st, err := s.Query()
		switch {
		case err != nil:
			return err
		case st.State == want:
			return nil
		case st.State == svc.Stopped:
			return errors.New("the service stopped by itself")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the service is still %s: %w", states[st.State], ctx.Err())
		case <-tick.C:
		}
	}
}

var (
	states = map[svc.State]string{svc.Stopped: "stopped", svc.StartPending: "start pending", svc.StopPending: "stop pending",
		svc.Running: "running", svc.ContinuePending: "continue pending", svc.PausePending: "pause pending", svc.Paused: "paused"}
	startTypes = map[uint32]string{mgr.StartAutomatic: "automatic", mgr.StartManual: "manual", mgr.StartDisabled: "disabled"}
)

// Query asks the service manager for the service's state.
func Query() (st Status, err error) {
	err = with(func(s *mgr.Service) error {
		q, err := s.Query()
		if err != nil {
			return err
		}
		st = Status{State: states[q.State], PID: q.ProcessId}
		st.Command, st.Starts, err = command(s.Handle)
		return err
	})
	return st, err
}

// command asks what the service runs and when it starts. mgr's Config asks for more,
// which not every Windows answers.
func command(service windows.Handle) (line, starts string, err error) {
	need := uint32(8 << 10) // as large as such an answer may be
	buf := make([]byte, need)
	c := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buf[0])) //nolint:gosec // how Windows answers
	if err := windows.QueryServiceConfig(service, c, need, &need); err != nil {
		return "", "", err
	}
	return windows.UTF16PtrToString(c.BinaryPathName), startTypes[c.StartType], nil
}

// DataDir is where a service's data lies by default: in ProgramData.
func DataDir() (string, error) {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	return dir + string(os.PathSeparator) + Name, err
}
