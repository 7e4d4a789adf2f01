package store

import (
	"context"
	"database/sql"
	"time"

	"strongroom/internal/vault"
)

// AddJob makes a job's row, due at once, unless it is there.
func (t *Tx) AddJob(ctx context.Context, name string) error {
	var n int
	if err := t.row(ctx, `SELECT COUNT(*) FROM jobs WHERE id = ?`, name).Scan(&n); err != nil || n > 0 {
		return err
	}
	sealed, err := t.seal(ctx, instance, "jobs", name, nil)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO jobs (id, state, node_id, lease_until, started_at, ended_at, next_at, sealed) VALUES (?, ?, '', 0, 0, 0, ?, ?)`,
		name, vault.JobWaiting, micros(t.Now), sealed)
	if err != nil && t.s.d.unique(err) {
		return vault.ErrJobRunning // another node was quicker; the caller has nothing left to do
	}
	return err
}

// Jobs lists all jobs by name.
func (t *Tx) Jobs(ctx context.Context) (js []*vault.Job, err error) {
	k, err := t.key(ctx, instance)
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, `SELECT id, state, node_id, lease_until, started_at, ended_at, next_at, sealed FROM jobs ORDER BY id`, nil, func(rows *sql.Rows) error {
		var j vault.Job
		var until, started, ended, next int64
		var sealed string
		if err := rows.Scan(&j.Name, &j.State, &j.Node, &until, &started, &ended, &next, &sealed); err != nil {
			return err
		}
		plain, err := open(k, "jobs", j.Name, sealed)
		j.Until, j.StartedAt, j.EndedAt, j.NextAt, j.Result = clock(until), clock(started), clock(ended), clock(next), string(plain)
		js = append(js, &j)
		return err
	})
	return js, err
}

// ClaimJob takes the lease of a job until a time and marks it as begun; of two
// nodes that ask at once one is told true. With due it counts only when the job's
// time has come.
func (t *Tx) ClaimJob(ctx context.Context, name string, n vault.NodeID, until time.Time, due bool) (bool, error) {
	now := micros(t.Now)
	q, args := `UPDATE jobs SET state = ?, node_id = ?, lease_until = ?, started_at = ? WHERE id = ? AND lease_until <= ?`, []any{vault.JobRunning, n, micros(until), now, name, now}
	if due {
		q, args = q+` AND next_at <= ?`, append(args, now)
	}
	hit, err := t.exec(ctx, q, args...)
	return hit > 0, err
}

// RenewJob moves the end of a lease that n holds; false says that it lost it.
func (t *Tx) RenewJob(ctx context.Context, name string, n vault.NodeID, until time.Time) (bool, error) {
	hit, err := t.exec(ctx, `UPDATE jobs SET lease_until = ? WHERE id = ? AND node_id = ? AND state = ? AND lease_until > ?`,
		micros(until), name, n, vault.JobRunning, micros(t.Now))
	return hit > 0, err
}

// EndJob gives back the lease that n holds, with how the run ended and when the
// next one is due. What another node has taken over by now is left alone.
func (t *Tx) EndJob(ctx context.Context, name string, n vault.NodeID, state vault.JobState, result string, next time.Time) error {
	sealed, err := t.seal(ctx, instance, "jobs", name, []byte(result))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE jobs SET state = ?, lease_until = 0, ended_at = ?, next_at = ?, sealed = ? WHERE id = ? AND node_id = ? AND state = ?`,
		state, micros(t.Now), micros(next), sealed, name, n, vault.JobRunning)
	return err
}

// AskJob makes a job due at once, or returns vault.ErrJobNotFound.
func (t *Tx) AskJob(ctx context.Context, name string) error {
	return t.one(ctx, vault.ErrJobNotFound, `UPDATE jobs SET next_at = 0 WHERE id = ?`, name)
}
