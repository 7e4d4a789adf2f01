package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// bench is one run: servers that are loaded in turn.
type bench struct {
	out     io.Writer
	servers []*server
	time    time.Duration
	rounds  int
	seed    uint64
	only    *regexp.Regexp // nil for all rows
	sizes   sizes
	failed  []error
}

// sizes are those of the rows, divided by scale.
type sizes struct{ scale int }

var usual = sizes{1}

func (z sizes) of(n int) int { return max(1, n/z.scale) }

// count writes a number as people do.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (b *bench) close() {
	for _, s := range b.servers {
		s.close()
	}
}

func (b *bench) table(ctx context.Context) error {
	for n, s := range b.servers {
		fmt.Fprintf(b.out, "server %d: %s at %s, process %d\n", n+1, s.name, s.url, s.pid)
	}
	b.head("first's lead: p50, per s")
	for _, w := range b.rows() {
		if b.only == nil || b.only.MatchString(w.name) {
			b.print(w, b.measure(ctx, w))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	b.facts()
	return errors.Join(b.failed...)
}

func (b *bench) several() bool { return len(b.servers) > 1 }

func (b *bench) head(ratio string) {
	cells := []string{"measure", "least ms", "p50 ms", "p95 ms", "p99 ms", "per s", "KB each", "CPU ms each", "MB after"}
	if b.several() {
		cells = append([]string{"measure", "server"}, append(cells[1:], ratio)...)
	}
	fmt.Fprintf(b.out, "\n| %s |\n|%s\n", strings.Join(cells, " | "), strings.Repeat("---|", len(cells)))
}

// measure runs a row: a server's turns and another's alternate, so that what
// else the machine does meets all alike.
func (b *bench) measure(ctx context.Context, w row) []*result {
	results, calls := make([]*result, len(b.servers)), make([]call, len(b.servers))
	for n, s := range b.servers {
		results[n] = &result{}
		calls[n], results[n].err = w.setup(ctx, s)
		defer s.release()
	}
	rounds := b.rounds
	if w.calls > 0 {
		rounds = min(rounds, max(1, w.calls/w.clients))
	}
	for turn := range rounds {
		for n, s := range b.servers {
			if r := results[n]; r.err == nil {
				r.turn(ctx, w, s, calls[n], b.time/time.Duration(rounds), (w.calls+rounds-1)/rounds, turn*1_000_000)
			}
		}
	}
	return results
}

// print writes a row's results. What fails is kept for the end: the other rows
// are still worth having.
func (b *bench) print(w row, results []*result) {
	for n, r := range results {
		s := b.servers[n]
		if r.err != nil && (s.ours || !lacks(r.err)) {
			b.failed = append(b.failed, fmt.Errorf("%s, %s: %w", w.name, s.name, r.err))
		}
		cells := append([]string{w.name}, r.cells(w)...)
		if b.several() {
			cells = append([]string{w.name, fmt.Sprintf("%d %s", n+1, s.name)}, append(cells[1:], r.ratio(results[0]))...)
		}
		fmt.Fprintf(b.out, "| %s |\n", strings.Join(cells, " | "))
	}
}

func (r *result) cells(w row) []string {
	if r.err != nil {
		what := "failed"
		if no, ok := errors.AsType[*refused](r.err); ok && lacks(r.err) {
			what = fmt.Sprintf("n/a: %d", no.status)
		}
		return []string{what, "", "", "", "", "", "", ""}
	}
	each := float64(len(r.times))
	cpu := "n/a"
	if r.cpu > 0 && !w.noCPU {
		cpu = fmt.Sprintf("%.2f", r.cpu*1000/each)
	}
	memory := "n/a"
	if r.memory > 0 {
		memory = fmt.Sprintf("%.0f", r.memory)
	}
	rate := fmt.Sprintf("%.1f", r.perSecond())
	if w.noCPU {
		rate = "n/a" // most of the time went into what is not measured
	}
	return []string{fmt.Sprintf("%.2f", r.at(0)), fmt.Sprintf("%.2f", r.at(.5)), fmt.Sprintf("%.2f", r.at(.95)), fmt.Sprintf("%.2f", r.at(.99)), rate,
		fmt.Sprintf("%.1f", float64(r.bytes)/each/1000), cpu, memory}
}

// ratio is how many times slower, and how many times fewer, than the first.
func (r *result) ratio(first *result) string {
	if r == first || r.err != nil || first.err != nil {
		return ""
	}
	return fmt.Sprintf("%.2fx, %.2fx", r.at(.5)/first.at(.5), first.perSecond()/r.perSecond())
}

// facts are what is no load: of servers that the bench started, how long that
// took; of others, what is known by their process.
func (b *bench) facts() {
	fmt.Fprint(b.out, "\n| server | start to first answer, ms | idle MB | MB now | program MB |\n|---|---|---|---|---|\n")
	known := func(v float64) string {
		if v == 0 {
			return "n/a"
		}
		return fmt.Sprintf("%.1f", v)
	}
	for n, s := range b.servers {
		start := 0.0
		if len(s.starts) > 0 {
			start = float64(s.starts[len(s.starts)/2].Microseconds()) / 1000
		}
		fmt.Fprintf(b.out, "| %d %s | %s | %s | %s | %s |\n", n+1, s.name, known(start), known(s.idle), known(s.memory()), known(s.program()))
	}
}
