//go:build !linux

package trim

func unmapProgram() {}
