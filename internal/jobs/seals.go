package jobs

import (
	"context"
	"time"
)

// Seals opens every sealed value once a week: what broke on the disk is found
// while a backup still has it.
func Seals(open func(context.Context) (string, error)) Job {
	return Job{Name: "seals", About: "opens every sealed value, to find what broke on the disk", Every: 7 * 24 * time.Hour, Again: 24 * time.Hour, Run: open}
}
