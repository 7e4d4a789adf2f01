package vault

import "time"

// NodeID names one run of the program that serves.
type NodeID string

// Node is one running server on this database, as it last said of itself. Name
// is what its operator calls it, the machine's name by default.
type Node struct {
	ID                            NodeID
	Name, Version, Commit, System string
	StartedAt, SeenAt             time.Time
}

// NodeSilence is how long a node may say nothing before it counts as gone.
const NodeSilence = time.Minute

// Alive reports whether n said something lately.
func (n *Node) Alive(now time.Time) bool { return now.Sub(n.SeenAt) <= NodeSilence }
