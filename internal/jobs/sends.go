package jobs

import (
	"context"
	"time"
)

// Sends removes Sends whose time is over, with their files.
func Sends(expire func(context.Context) (more bool, err error)) Job {
	return Job{Name: "sends", About: "removes Sends whose time is over", Every: 10 * time.Minute,
		Run: func(ctx context.Context) (string, error) { return "", again(ctx, expire) }}
}
