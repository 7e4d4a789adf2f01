package jobs

import (
	"context"
	"time"
)

// backupAgain is how soon a backup that failed is tried again.
const backupAgain = 30 * time.Minute

// Backup makes a backup of the whole instance and removes old ones.
func Backup(every time.Duration, run func(context.Context) (string, error)) Job {
	return Job{Name: "backup", About: "makes an encrypted backup, reads it back, and removes those that BACKUP_KEEP does not keep", Every: every, Again: min(every, backupAgain), Run: run}
}
