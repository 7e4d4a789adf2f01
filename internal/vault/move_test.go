package vault

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSettleKeepsTheLimits: nobody comes with more than the doors let people have.
func TestSettleKeepsTheLimits(t *testing.T) {
	now := time.Now()
	m := &Move{ID: NewID[UserID]()}
	enc := "2." + strings.Repeat("A", 22) + "==|" + strings.Repeat("A", 22) + "==|" + strings.Repeat("A", 43) + "="
	for n := range MaxSends + 3 {
		m.Sends = append(m.Sends, &MovedSend{Send: &Send{ID: NewID[SendID](), Name: enc, Key: enc, Text: enc, Auth: SendOpen, DeletesAt: now.Add(time.Hour)}})
		if n < MaxDevices+2 {
			m.Devices = append(m.Devices, &Device{Identifier: strconv.Itoa(n), Name: "x", LastUsedAt: now.Add(time.Duration(n) * time.Minute)})
		}
	}
	m.Settle(now)
	if len(m.Sends) != MaxSends || len(m.LeftOf(LeftSend)) != 3 {
		t.Errorf("%d Sends come, %d stay", len(m.Sends), len(m.LeftOf(LeftSend)))
	}
	if left := m.LeftOf(LeftDevice); len(m.Devices) != MaxDevices || strings.Join(left, " ") != "1 0" || m.Devices[0].User != m.ID {
		t.Errorf("%d devices come, %v stay", len(m.Devices), left)
	}
}
