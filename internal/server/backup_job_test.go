package server_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/backup"
	"strongroom/internal/s3/s3test"
	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// places are a folder and a bucket of a real storage.
var places = map[string]func(t *testing.T) backup.Place{
	"folder": func(t *testing.T) backup.Place { return backup.Folder(filepath.Join(t.TempDir(), "backups")) },
	"s3":     func(t *testing.T) backup.Place { return backup.Storage{Bucket: s3test.New(t), Prefix: "of/vault/"} },
}

// TestPlaces makes, lists, reads and removes backups.
func TestPlaces(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			o := servertest.Options(t)
			o.Backups = server.Backups{Place: place(t), Lock: lock, Keep: backup.Keep{Last: 1}}
			n := servertest.Start(t, o)
			n.Register("alice")
			var first backup.Made
			for range 3 {
				m, err := n.Backup.Make(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				first = m
			}
			up, err := o.Backups.Place.Create(t.Context(), backup.NewName(time.Now()))
			if err != nil {
				t.Fatal(err)
			}
			up.Write([]byte("half of one"))
			up.Abort()
			list, err := o.Backups.Place.List(t.Context())
			if err != nil || len(list) != 3 {
				t.Fatalf("%v, %v", list, err)
			}
			gone, err := n.Backup.Prune(t.Context())
			if err != nil || len(gone) != 2 || slices.Contains(gone, list[2].Name) {
				t.Errorf("removed %v of %v: %v", gone, list, err)
			}
			if _, err := o.Backups.Place.Open(t.Context(), gone[0]); !errors.Is(err, backup.ErrNone) {
				t.Errorf("a removed backup: %v", err)
			}
			b, err := n.Store.Backups(t.Context())
			if err != nil || b.Verified.IsZero() || b.Verified.Before(first.Made) {
				t.Errorf("%+v, %v", b, err)
			}
		})
	}
}

// TestBackupsByTheClock: of several nodes one makes the backup that is due, and
// what is not kept goes.
func TestBackupsByTheClock(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			var clock atomic.Int64
			clock.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, kind)
			o.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
			o.Backups = server.Backups{Place: backup.Folder(t.TempDir()), Lock: lock, Keep: backup.Keep{Last: 2, Monthly: 3}, Every: 24 * time.Hour}
			nodes := []*servertest.Node{servertest.Start(t, o), servertest.Start(t, o), servertest.Start(t, o)}
			for day := range 40 {
				var wg sync.WaitGroup
				for _, n := range nodes {
					wg.Go(func() {
						if err := errors.Join(n.Long.Prepare(t.Context()), n.Long.Look(t.Context())); err != nil {
							t.Errorf("day %d: %v", day, err)
						}
					})
				}
				wg.Wait()
				clock.Add(24 * 3600)
			}
			list, err := o.Backups.Place.List(t.Context())
			var days []string
			for _, e := range list {
				days = append(days, e.Made.Format("01-02"))
			}
			// The newest of January, and the two newest, one of which is February's.
			if err != nil || strings.Join(days, " ") != "01-31 02-08 02-09" {
				t.Errorf("kept %v, %v", days, err)
			}
		})
	}
}

// TestFailedBackupIsTriedAgain: a place that cannot be written leaves nothing
// behind, and the next try comes sooner than the next turn.
func TestFailedBackupIsTriedAgain(t *testing.T) {
	o := servertest.Options(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	dir := filepath.Join(t.TempDir(), "none", "\x00")
	o.Backups = server.Backups{Place: backup.Folder(dir), Lock: lock, Every: 24 * time.Hour}
	n := servertest.Start(t, o)
	if err := n.Long.Now(t.Context(), "backup"); err == nil {
		t.Fatal("a backup into nowhere succeeded")
	}
	b, err := n.Store.Backups(t.Context())
	if err != nil || !b.Made.IsZero() {
		t.Errorf("%+v, %v", b, err)
	}
	err = n.Store.Read(t.Context(), func(tx *store.Tx) error {
		js, err := tx.Jobs(t.Context())
		for _, j := range js {
			if j.Name == "backup" && (j.State != vault.JobFailed || !j.NextAt.Equal(now.Add(30*time.Minute))) {
				t.Errorf("written down: %+v", j)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDeletedFilesWaitForTheBackup: what a person deletes while a backup runs is
// in it all the same, and goes afterwards.
func TestDeletedFilesWaitForTheBackup(t *testing.T) {
	o := servertest.Options(t)
	var late atomic.Int64
	o.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	n := servertest.Start(t, o)
	if err := n.Store.HoldFiles(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	doomed := func() (ids []string) {
		err := n.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
			ids, err = tx.Doomed(t.Context(), 10)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	testdb.Exec(t, o.Store.Source, "INSERT INTO blob_deletions (id, at) VALUES ('00000000-0000-0000-0000-000000000000', 1)")
	if ids := doomed(); len(ids) != 0 {
		t.Errorf("%v would be removed under a backup", ids)
	}
	late.Store(int64(2 * time.Hour))
	if ids := doomed(); len(ids) != 1 {
		t.Errorf("%v would be removed afterwards", ids)
	}
}
