package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"strongroom/internal/backup"
)

// lineEvery is how often long work writes a line into a log.
const lineEvery = 10 * time.Second

// meter shows how far long work has come: a bar with rate and time left on a
// terminal, plain lines in a file, nothing in a pipe.
type meter struct {
	out   io.Writer
	lines bool
	bar   *progressbar.ProgressBar
	what  string
	total int64
	next  time.Time
	over  bool // the line that says 100 % was written
}

// meter is a Report; end is called when the work is over, however it ended.
func (a *app) meter() (report backup.Report, end func()) {
	f, ok := a.err.(*os.File)
	if !ok {
		return nil, func() {}
	}
	info, err := f.Stat()
	switch {
	case err == nil && term.IsTerminal(int(f.Fd())):
	case err == nil && info.Mode().IsRegular():
	default:
		return nil, func() {}
	}
	m := &meter{out: f, lines: info.Mode().IsRegular()}
	return m.tell, m.end
}

func (m *meter) tell(what string, done, total int64) {
	if m.lines {
		m.line(what, done, total)
		return
	}
	if what != m.what || total != m.total {
		m.end()
		m.bar, m.what, m.total = newBar(m.out, what, total), what, total
	}
	m.bar.Set64(done) //nolint:errcheck // a bar that cannot be drawn stops nothing
}

func newBar(out io.Writer, what string, total int64) *progressbar.ProgressBar {
	if total == 0 {
		total = -1 // not known: it counts
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(fmt.Sprintf("%-24s", what)),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetRenderBlankState(true))
}

func (m *meter) line(what string, done, total int64) {
	now := time.Now()
	if what == m.what && (m.over || now.Before(m.next) && done != total) {
		return
	}
	m.over = total > 0 && done == total
	if m.what, m.next = what, now.Add(lineEvery); total > 0 {
		fmt.Fprintf(m.out, "%s: %d of %d (%d %%)\n", what, done, total, done*100/total)
		return
	}
	fmt.Fprintf(m.out, "%s: %d\n", what, done)
}

func (m *meter) end() {
	if m.bar != nil {
		m.bar.Exit()        //nolint:errcheck // see tell
		fmt.Fprintln(m.out) // what comes next begins on a line of its own
	}
	m.bar = nil
}
