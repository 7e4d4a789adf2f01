package jobs

import (
	"context"
	"fmt"
	"time"
)

// Nodes takes nodes off the list that went without saying so, an hour after they
// were last heard of: until then an administrator can see that one is missing.
func Nodes(forget func(context.Context) (int64, error)) Job {
	return Job{Name: "nodes", About: "forgets nodes that fell silent an hour ago", Every: 10 * time.Minute,
		Run: func(ctx context.Context) (string, error) {
			n, err := forget(ctx)
			return fmt.Sprintf("%d forgotten", n), err
		}}
}
