package jobs

import (
	"context"
	"time"
)

// Audit keeps the audit log in order. It runs often: what is not chained yet could
// still be taken out unnoticed.
func Audit(turn func(context.Context) (string, error)) Job {
	return Job{Name: "audit", About: "chains the audit log, streams it and removes what is older than AUDIT_KEEP_DAYS", Every: 5 * time.Second, Run: turn}
}
