package jobs

import (
	"context"
	"fmt"
	"time"
)

// Invitations removes invitations that expired a month ago; until then they can be
// sent again.
func Invitations(forget func(context.Context) (int64, error)) Job {
	return Job{Name: "invitations", About: "removes invitations that expired a month ago", Every: time.Hour,
		Run: func(ctx context.Context) (string, error) {
			n, err := forget(ctx)
			return fmt.Sprintf("%d removed", n), err
		}}
}
