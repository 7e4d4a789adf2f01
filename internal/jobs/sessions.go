package jobs

import (
	"context"
	"fmt"
	"time"
)

// Sessions removes sessions, access tokens and requests to log in that have
// expired: halves of keys do not lie longer than they are good for.
func Sessions(expire func(context.Context) (int64, error)) Job {
	return Job{Name: "sessions", About: "removes sessions, access tokens and requests to log in that have expired", Every: 10 * time.Minute,
		Run: func(ctx context.Context) (string, error) {
			n, err := expire(ctx)
			return fmt.Sprintf("%d removed", n), err
		}}
}
