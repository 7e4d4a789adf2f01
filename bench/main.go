// Command bench measures password servers as their clients see them: ours, and
// any other that speaks the Bitwarden protocol, in one run and in turn. It must
// not be part of the server. Invariant: a request that fails fails the run; only
// what a server of another make does not have is n/a.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

const usage = `bench [flags]        the table of measures
bench grow [flags]   the same requests while other people's data grows
bench soak [flags]   many people at work for a set time

-h after any of them lists its flags.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the program; tests call it with sizes of their own.
func run(ctx context.Context, args []string, out io.Writer) error {
	command := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	fs := flag.NewFlagSet("bench "+command, flag.ContinueOnError)
	var err error
	switch command {
	case "":
		err = table(ctx, fs, args, out)
	case "grow":
		err = grow(ctx, fs, args, out)
	case "soak":
		err = soak(ctx, fs, args, out)
	default:
		err = errors.New(usage)
	}
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}

// texts is a flag that may be given several times.
type texts []string

func (t *texts) String() string     { return fmt.Sprint(*t) }
func (t *texts) Set(s string) error { *t = append(*t, s); return nil }

// table measures all rows on all servers and prints them.
func table(ctx context.Context, fs *flag.FlagSet, args []string, out io.Writer) error {
	var urls, commands texts
	var pids texts
	b := &bench{out: out, sizes: usual}
	fs.Var(&urls, "url", "a server that runs already, such as http://127.0.0.1:8001; may be given several times; the first is compared with the others")
	fs.Var(&pids, "pid", "its process, for CPU and memory; in the order of -url")
	fs.Var(&commands, "start", "a server to start, as its URL, a space and a shell command; may be given several times")
	binary := fs.String("binary", "./strongroom", "our program, which is measured where neither -url nor -start is given")
	only := fs.String("rows", "", "measure only the rows that match this regular expression")
	fs.DurationVar(&b.time, "time", 2*time.Second, "how long each row loads each server")
	fs.IntVar(&b.rounds, "rounds", 2, "in how many turns that time is spent")
	fs.Uint64Var(&b.seed, "seed", 1, "of the made items")
	fs.IntVar(&b.sizes.scale, "scale", 1, "divides all sizes and counts, to try the bench itself")
	if err := fs.Parse(args); err != nil {
		return err
	}
	var err error
	if b.only, err = regexp.Compile(*only); err != nil {
		return fmt.Errorf("-rows: %w", err)
	}
	defer b.close()
	if err := b.open(ctx, urls, pids, commands, *binary); err != nil {
		return err
	}
	return b.table(ctx)
}

// open finds or starts what is to be measured.
func (b *bench) open(ctx context.Context, urls, pids, commands texts, binary string) error {
	for n, url := range urls {
		s := newServer(url)
		if n < len(pids) {
			if _, err := fmt.Sscan(pids[n], &s.pid); err != nil {
				return fmt.Errorf("-pid %s: %w", pids[n], err)
			}
		}
		b.servers = append(b.servers, s)
	}
	for _, c := range commands {
		s, err := commandServer(c)
		if err != nil {
			return err
		}
		b.servers = append(b.servers, s)
	}
	if len(b.servers) == 0 {
		s, err := ownServer(binary, "")
		if err != nil {
			return err
		}
		b.servers = append(b.servers, s)
	}
	for _, s := range b.servers {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	return nil
}
