// Package e2e holds the tests that run the built binary as its users do. It must
// not reach into the program. Invariant: what a test starts ends with it.
package e2e
