package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// grow fills one database after another with other people's items, 10,000 to
// begin with and ten times as many each time, and asks of each the same for one
// person, all of them in turn. It fails where the largest takes longer than limit
// allows: what a person waits for must not grow with other people's data.
func grow(ctx context.Context, fs *flag.FlagSet, args []string, out io.Writer) error {
	binary := fs.String("binary", "./strongroom", "our program")
	mysql := fs.String("mysql", "", "a MySQL or MariaDB server to measure too, as mysql://USER:PASSWORD@HOST:PORT/; its user may make databases")
	sqlite := fs.Bool("sqlite", true, "measure SQLite")
	from := fs.Int("from", 10_000, "items of the smallest database")
	to := fs.Int("to", 1_000_000, "items of the largest; each has ten times the one before")
	limit := fs.Float64("limit", 1.3, "how many times the smallest's time (p50) the others' may be")
	b := bench{out: out, sizes: usual}
	fs.IntVar(&b.rounds, "rounds", 8, "in how many turns each row loads each server")
	fs.DurationVar(&b.time, "time", 8*time.Second, "how long each row loads each server")
	fs.Uint64Var(&b.seed, "seed", 1, "of the made items")
	fs.IntVar(&b.sizes.scale, "scale", 1, "divides the measured person's items")
	if err := fs.Parse(args); err != nil {
		return err
	}
	g := &growth{bench: b, binary: *binary, from: *from, to: *to, limit: *limit}
	var failed error
	if *sqlite {
		failed = g.kind(ctx, "SQLite", "")
	}
	if *mysql != "" && ctx.Err() == nil {
		failed = errors.Join(failed, g.kind(ctx, "MySQL", *mysql))
	}
	return failed
}

type growth struct {
	bench
	binary   string
	from, to int
	limit    float64
}

// kind measures one kind of database; at is its server, "" for files.
func (g *growth) kind(ctx context.Context, name, at string) error {
	b := g.bench
	var drops []func()
	defer func() {
		b.close()
		for _, drop := range drops {
			drop()
		}
	}()
	for items := g.from; items <= g.to; items *= 10 {
		database, drop, err := newDatabase(ctx, at)
		if err != nil {
			return err
		}
		drops = append(drops, drop)
		s, err := ownServer(g.binary, database)
		if err != nil {
			return err
		}
		b.servers = append(b.servers, s)
		if err := s.beginFull(ctx, b.out, database, items); err != nil {
			return err
		}
		s.name = fmt.Sprintf("%s, %s items", name, count(items))
	}
	if err := settle(ctx, at); err != nil {
		return err
	}
	b.head("times the smallest's: p50; rate")
	for _, w := range b.growRows() {
		results := b.measure(ctx, w)
		b.print(w, results)
		for n, r := range results[1:] {
			if times := r.at(.5) / results[0].at(.5); r.err == nil && times > g.limit {
				b.failed = append(b.failed, fmt.Errorf("%s, %s: %.2f times what it takes in the smallest, more than %.2f", w.name, b.servers[n+1].name, times, g.limit))
			}
		}
	}
	return errors.Join(b.failed...)
}

func (b *bench) growRows() []row {
	n := b.sizes.of(1000)
	return []row{{name: "sync of " + count(n), clients: 1, setup: b.sync(n)}, {name: "sync of " + count(n) + ", after a change", clients: 1, noCPU: true, setup: b.changed(n)},
		{name: "login", clients: 1, setup: b.login(1)}, {name: "revision date", clients: 1, setup: b.get("/api/accounts/revision-date")},
		{name: "item create", clients: 1, setup: b.create}, {name: "item update", clients: 1, setup: b.update(1)}}
}

// newDatabase makes an empty database at a server, "" for the file that a new
// folder gets by itself.
func newDatabase(ctx context.Context, at string) (address string, drop func(), err error) {
	if at == "" {
		return "", func() {}, nil
	}
	db, u, err := openServer(at)
	if err != nil {
		return "", nil, err
	}
	name := "bench" + strings.ReplaceAll(vault.NewID[string](), "-", "")
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		db.Close()
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		db.Close()
	}, nil
}

// openServer connects to a MySQL server itself, not to a database of it.
func openServer(at string) (*sql.DB, *url.URL, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, nil, err
	}
	pw, _ := u.User.Password()
	db, err := sql.Open("mysql", u.User.Username()+":"+pw+"@tcp("+u.Host+")/") // the store brings the driver
	return db, u, err
}

// settle waits until the server has written what filled it to its files, at most
// a minute: else the first row is measured while it does.
func settle(ctx context.Context, at string) error {
	if at == "" {
		return nil
	}
	db, _, err := openServer(at)
	if err != nil {
		return err
	}
	defer db.Close()
	const dirty = `SET GLOBAL innodb_max_dirty_pages_pct = `
	if _, err := db.ExecContext(ctx, dirty+"0"); err != nil {
		return fmt.Errorf("asking the server to write its pages: %w", err)
	}
	defer db.ExecContext(context.WithoutCancel(ctx), dirty+"DEFAULT")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		var name string
		var pages int
		if err := db.QueryRowContext(ctx, `SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'`).Scan(&name, &pages); err != nil || pages < 100 {
			return err
		}
	}
	return nil
}
