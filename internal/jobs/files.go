package jobs

import (
	"context"
	"time"
)

// Files removes files that no row knows any more and uploads that never came.
func Files(expire func(context.Context) error) Job {
	return Job{Name: "files", About: "removes files that nothing refers to any more, and uploads that never came", Every: 10 * time.Minute,
		Run: func(ctx context.Context) (string, error) { return "", expire(ctx) }}
}
