package vault

import (
	"time"

	"strongroom/internal/fault"
)

// JobState is how a job's last run ended. Numbers are stored.
type JobState uint8

// The states of a job.
const (
	JobWaiting JobState = iota // it never ran
	JobRunning
	JobDone
	JobFailed
)

var jobStates = [...]string{"waiting", "running", "done", "failed"}

func (s JobState) String() string { return jobStates[s] }

// Job is timed work that one node does for all. While Until lies ahead, Node
// holds its lease and nobody else runs it. Result is what the last run said of
// itself, or why it failed.
type Job struct {
	Name                              string
	State                             JobState
	Node                              NodeID
	Until, StartedAt, EndedAt, NextAt time.Time
	Result                            string
}

// Stuck reports whether a run began and its node fell silent before it ended.
func (j *Job) Stuck(now time.Time) bool { return j.State == JobRunning && now.After(j.Until) }

// The faults of jobs.
var (
	ErrJobNotFound = fault.New(fault.NotFound, "job-not-found", "There is no such job.")
	ErrJobRunning  = fault.New(fault.Conflict, "job-running", "This job is running already.")
)
