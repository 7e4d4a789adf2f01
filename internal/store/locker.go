package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"strongroom/internal/vault"
)

// locker keeps two nodes from migrating at once. It holds the lock on one connection
// of the pool.
type locker interface {
	hold(ctx context.Context, pool *sql.DB, c *sql.Conn, src Source) (release func(), err error)
}

type sqlLocker struct{ lock, unlock string }

func (l sqlLocker) hold(ctx context.Context, _ *sql.DB, c *sql.Conn, _ Source) (func(), error) {
	var got sql.NullString // PostgreSQL answers void, MySQL 1, 0 or NULL
	if err := c.QueryRowContext(ctx, l.lock).Scan(&got); err != nil {
		return nil, err
	}
	if got.String == "0" {
		return nil, errMigrating
	}
	return func() { c.ExecContext(context.WithoutCancel(ctx), l.unlock) }, nil //nolint:errcheck // closing the connection frees it too
}

type fileLocker struct{}

func (fileLocker) hold(ctx context.Context, _ *sql.DB, _ *sql.Conn, src Source) (func(), error) {
	return lockFile(ctx, src.Path+".migrate.lock")
}

var errMigrating = errors.New("another node has been migrating for five minutes")

// clusterLocker knows that a lock of one node of Galera is nothing to the others: on
// a cluster it holds a lease besides, a row of which two nodes cannot write both.
type clusterLocker struct{ sqlLocker }

// The lease is taken and kept by the database's clock. A node that dies while it
// migrates holds the others up until the end of it.
const (
	makeLease = `CREATE TABLE IF NOT EXISTS migration_lease (id INT NOT NULL PRIMARY KEY, holder VARCHAR(36) NOT NULL, until BIGINT NOT NULL) ENGINE=InnoDB`
	addLease  = `INSERT IGNORE INTO migration_lease (id, holder, until) VALUES (1, '', 0)`
	takeLease = `UPDATE migration_lease SET holder = ?, until = UNIX_TIMESTAMP() + 60 WHERE id = 1 AND (holder = ? OR until <= UNIX_TIMESTAMP())`
	giveLease = `UPDATE migration_lease SET until = 0 WHERE id = 1 AND holder = ?`

	leaseRenew = 15 * time.Second
	leaseAsk   = 200 * time.Millisecond
	leaseWait  = 5 * time.Minute
)

func (l clusterLocker) hold(ctx context.Context, pool *sql.DB, c *sql.Conn, src Source) (func(), error) {
	release, err := l.sqlLocker.hold(ctx, pool, c, src)
	if err != nil {
		return nil, err
	}
	var name, on string
	err = c.QueryRowContext(ctx, `SHOW VARIABLES LIKE 'wsrep_on'`).Scan(&name, &on)
	if errors.Is(err, sql.ErrNoRows) || err == nil && on != "ON" {
		return release, nil
	}
	if err == nil {
		err = waitForLease(ctx, pool, vault.NewID[string](), &release)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// waitForLease takes the lease for me and keeps it until release is called.
func waitForLease(ctx context.Context, pool *sql.DB, me string, release *func()) error {
	for _, q := range []string{makeLease, addLease} {
		if _, err := again(ctx, pool, q); err != nil {
			return err
		}
	}
	for began := time.Now(); ; {
		n, err := again(ctx, pool, takeLease, me, me)
		if err != nil {
			return err
		}
		if n > 0 {
			break
		}
		if time.Since(began) > leaseWait {
			return errMigrating
		}
		if err := sleep(ctx, leaseAsk); err != nil {
			return err
		}
	}
	unlock, give := *release, keepLease(ctx, pool, me, leaseRenew)
	*release = func() { give(); unlock() }
	return nil
}

// keepLease renews the lease until give is called. It goes through the pool: a
// connection that is lost, or a node, does not lose the lease.
func keepLease(ctx context.Context, pool *sql.DB, me string, every time.Duration) (give func()) {
	ctx = context.WithoutCancel(ctx)
	keeping, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	write := func(ctx context.Context, q string, args ...any) {
		ctx, cancel := context.WithTimeout(ctx, leaseRenew)
		defer cancel()
		again(ctx, pool, q, args...) //nolint:errcheck // it is tried again long before the end, and ends by itself
	}
	go func() {
		defer close(done)
		for sleep(keeping, every) == nil {
			write(keeping, takeLease, me, me)
		}
	}()
	return func() {
		stop()
		<-done
		write(ctx, giveLease, me)
	}
}

// again runs a statement until no other node is in its way.
func again(ctx context.Context, pool *sql.DB, q string, args ...any) (int64, error) {
	for try := 0; ; try++ {
		r, err := pool.ExecContext(ctx, q, args...)
		if err == nil {
			return r.RowsAffected()
		}
		if !mysqlCode(1213, 1205)(err) || try == maxTries {
			return 0, err
		}
		if err := sleep(ctx, leaseAsk/10); err != nil {
			return 0, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
