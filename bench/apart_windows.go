package main

import (
	"os/exec"
	"syscall"
)

// apart keeps an interrupt of the bench from a server that it started: the bench stops that one itself.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
