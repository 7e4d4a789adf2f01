package server

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// noSYN is a filter of a listening socket (BPF, see "man 7 socket"): what asks for a
// new connection is dropped, and asked for again by its sender after a second.
var noSYN = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13}, // TCP's flags
	{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0x12},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0x02, Jf: 1}, // SYN without ACK
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16},
}

// refuseNew lets nobody in who has not come yet, and returns when all who had are
// accepted, at the latest after a second. Closing the listener would reset those that
// the system has connected and the server not accepted, with their requests. Errors
// mean that this is not to be had here: closing is what is left.
func refuseNew(ln net.Listener) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return
	}
	var failed error
	if err := rc.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(noSYN)), Filter: &noSYN[0]})
	}); err != nil || failed != nil {
		return
	}
	tick := time.NewTicker(100 * time.Millisecond) // in which handshakes that have begun end
	defer tick.Stop()
	for range 10 {
		<-tick.C
		if waiting(rc) == 0 {
			return
		}
	}
}

// waiting is how many connections of a listening socket are to be accepted: what
// Linux says in tcpi_unacked.
func waiting(rc syscall.RawConn) (count uint32) {
	rc.Control(func(fd uintptr) { //nolint:errcheck // closed: there are none
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			count = info.Unacked
		}
	})
	return count
}
