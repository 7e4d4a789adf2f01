package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const versionTable = "schema_version"

// migrations turns the embedded files into goose migrations, with the few words
// that databases spell differently put in.
func (s *Store) migrations() ([]*goose.Migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var ms []*goose.Migration
	for _, e := range entries {
		v, err := goose.NumericComponent(e.Name())
		if err != nil {
			return nil, err
		}
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		q := string(text)
		for k, w := range s.d.words {
			q = strings.ReplaceAll(q, "{{"+k+"}}", w)
		}
		ms = append(ms, goose.NewGoMigration(v, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			for stmt := range strings.SplitSeq(q, ";\n") {
				if stmt = strings.TrimSpace(stmt); stmt == "" {
					continue
				}
				if _, err := tx.ExecContext(ctx, stmt); err != nil {
					return err
				}
			}
			return nil
		}}, nil))
	}
	return ms, nil
}

func (s *Store) provider() (*goose.Provider, error) {
	ms, err := s.migrations()
	if err != nil {
		return nil, err
	}
	dialect := map[string]database.Dialect{"sqlite": database.DialectSQLite3, "mysql": database.DialectMySQL, "postgres": database.DialectPostgres}[s.d.name]
	return goose.NewProvider(dialect, s.write, nil, goose.WithGoMigrations(ms...), goose.WithTableName(versionTable),
		goose.WithDisableGlobalRegistry(true))
}

// Version is the schema's version in the database and the newest this program knows.
func (s *Store) Version(ctx context.Context) (have, know int64, err error) {
	if know, err = NewestSchema(); err != nil {
		return 0, 0, err
	}
	have, err = s.schemaVersion(ctx)
	return have, know, err
}

// NewestSchema is the version that this program brings databases to.
func NewestSchema() (newest int64, err error) {
	entries, err := migrationFiles.ReadDir("migrations")
	for _, e := range entries {
		v, verr := goose.NumericComponent(e.Name())
		newest, err = max(newest, v), errors.Join(err, verr)
	}
	return newest, err
}

// schemaVersion reads without making the version table, so that a refused start changes nothing.
func (s *Store) schemaVersion(ctx context.Context) (v int64, err error) {
	if ok, err := s.hasTable(ctx, versionTable); err != nil || !ok {
		return 0, err
	}
	err = s.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable).Scan(&v)
	return v, err
}

// hasTable asks for a row instead of a catalogue: the one question all databases take.
func (s *Store) hasTable(ctx context.Context, table string) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM `+table+` WHERE 1 = 0`).Scan(&n)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return true, nil
	case err != nil && s.d.down(err):
		return false, err
	case err != nil && ctx.Err() != nil:
		return false, err
	}
	if perr := s.read.PingContext(ctx); perr != nil {
		return false, perr
	}
	return false, nil
}

// migrate brings the schema up to date under a lock: of several nodes that start
// at once, one migrates and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	have, know, err := s.Version(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if have > know {
		return fmt.Errorf("the database has schema version %d and this program knows up to %d: it was used by a newer strongroom; run that one", have, know)
	}
	if have == know {
		return nil
	}
	c, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	if s.d.name == "sqlite" {
		c.Close() // the only connection; the lock is a file's
	} else {
		defer c.Close()
	}
	release, err := s.d.locker.hold(ctx, s.write, c, s.src)
	if err != nil {
		return fmt.Errorf("waiting for another node to migrate: %w", err)
	}
	defer release()
	p, err := s.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}
