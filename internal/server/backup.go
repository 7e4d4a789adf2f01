package server

import (
	"errors"
	"fmt"
	"time"

	"strongroom/internal/backup"
	"strongroom/internal/blob"
	"strongroom/internal/config"
	"strongroom/internal/outbound"
	"strongroom/internal/s3"
	"strongroom/internal/store"
)

// Backups is how a node makes backups; the zero value makes none.
type Backups struct {
	Place backup.Place
	Lock  backup.Lock
	Keep  backup.Keep
	Every time.Duration
}

// ConfigureBackups turns settings into Backups. to goes before BACKUP_TO unless empty.
func ConfigureBackups(c *config.Config, to string) (b Backups, err error) {
	at := c.BackupTo
	if to != "" {
		if err := at.UnmarshalText([]byte(to)); err != nil {
			return b, err
		}
	}
	if b.Keep, err = backup.ParseKeep(c.BackupKeep); err != nil {
		return b, fmt.Errorf("BACKUP_KEEP: %w", err)
	}
	b.Lock = backup.Lock{Passphrase: c.BackupPass.Reveal(), Recipients: c.BackupRcpt}
	b.Every = time.Duration(c.BackupEvery) * time.Hour
	switch {
	case at.Bucket != "":
		if c.S3Endpoint.URL == nil || c.S3KeyID == "" || c.S3Secret.Reveal() == "" {
			return b, errors.New("a bucket needs BACKUP_S3_ENDPOINT, BACKUP_S3_KEY_ID and BACKUP_S3_SECRET")
		}
		b.Place = backup.Storage{Prefix: at.Prefix, Bucket: &s3.Bucket{Endpoint: c.S3Endpoint.URL, Name: at.Bucket, Now: time.Now,
			Credentials: s3.Credentials{Region: c.S3Region, KeyID: c.S3KeyID, Secret: c.S3Secret.Reveal()}, Client: outbound.To(c.S3Endpoint.URL)}}
	case at.Folder != "":
		b.Place = backup.Folder(at.Folder)
	}
	return b, nil
}

// job is the node's backups; nil where none are to be made.
func (b Backups) job(o Options, st *store.Store) *backup.Job {
	if b.Place == nil {
		return nil
	}
	return &backup.Job{Instance: backup.Instance{Store: st, Blobs: blob.NewDisk(o.Files), Keys: o.Store.Keys, Version: o.Version, Now: o.Now},
		Place: b.Place, Lock: b.Lock, Keep: b.Keep}
}

// Source is where a database is, as the store takes it.
func Source(d config.Database) store.Source { return source(d) }
