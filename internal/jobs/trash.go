package jobs

import (
	"context"
	"time"
)

// TrashLife is how long items lie in the trash.
const TrashLife = 30 * 24 * time.Hour

// Trash deletes what lay in the trash for TrashLife.
func Trash(now func() time.Time, empty func(ctx context.Context, before time.Time) (more bool, err error)) Job {
	return Job{Name: "trash", About: "deletes what lay in the trash for 30 days", Every: 10 * time.Minute,
		Run: func(ctx context.Context) (string, error) {
			before := now().Add(-TrashLife)
			return "", again(ctx, func(ctx context.Context) (bool, error) { return empty(ctx, before) })
		}}
}
