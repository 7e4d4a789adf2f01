package winsvc

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

// Event ids in the log, below 1000 as EventCreate's message file wants them.
const (
	eventServing = 1
	eventStopped = 2
	eventFailed  = 3
)

// pulse is how often the service manager hears that we are still at it.
const pulse = time.Second

// Run is the program as a service: it calls serve, whose context ends when the
// service manager says stop. serve reports once that it serves, with a line for
// the event log; the error it ends with goes there, too.
func Run(serve func(ctx context.Context, ready func(string)) error) error {
	h := &handler{serve: serve}
	err := svc.Run(Name, h)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return errors.New("`service run` is for Windows' service manager; `strongroom serve` serves in this window")
	}
	return errors.Join(err, h.err)
}

type handler struct {
	serve func(context.Context, func(string)) error
	err   error
}

// Execute is called by the service manager's dispatcher. An end that nobody asked
// for is reported as a failure, so that recovery begins.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, tell chan<- svc.Status) (specific bool, code uint32) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- h.serve(ctx, func(line string) { ready <- line }) }()
	state := svc.Status{State: svc.StartPending, WaitHint: uint32(10 * pulse / time.Millisecond)}
	tell <- state
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case line := <-ready:
			note(eventServing, line)
			state = svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
			tell <- state
		case err := <-ended:
			return h.end(err, ctx.Err() != nil)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				tell <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				state = svc.Status{State: svc.StopPending, WaitHint: uint32(10 * pulse / time.Millisecond)}
				tell <- state
				stop()
			}
		case <-tick.C:
			if state.State != svc.Running {
				state.CheckPoint++
				tell <- state
			}
		}
	}
}

func (h *handler) end(err error, asked bool) (specific bool, code uint32) {
	if err == nil && !asked {
		err = errors.New("the server ended by itself")
	}
	if err != nil {
		h.err = err
		note(eventFailed, err.Error())
		return true, 1
	}
	note(eventStopped, "Stopped cleanly.")
	return false, 0
}

// note writes to the event log. That it cannot is no reason not to serve.
func note(id uint32, line string) {
	l, err := eventlog.Open(Name)
	if err != nil {
		return
	}
	defer l.Close() //nolint:errcheck // nothing is left to lose
	line = strings.ReplaceAll(line, "\x00", "")
	if id == eventFailed {
		l.Error(id, line) //nolint:errcheck // there is nowhere else to say it
	} else {
		l.Info(id, line) //nolint:errcheck // as above
	}
}
