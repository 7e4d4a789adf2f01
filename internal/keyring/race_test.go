//go:build race

package keyring

func init() { raceEnabled = true }
