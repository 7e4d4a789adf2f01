package bitwarden

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"strongroom/internal/vault"
)

// accessID is the id in a link: the bytes of a UUID as .NET orders them, the
// first three groups backwards, in base64url.
func accessID(id vault.SendID) string {
	b := idBytes(string(id))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func idBytes(id string) (b [16]byte) {
	var plain [16]byte
	n := 0
	for i := 0; i+1 < len(id) && n < 16; i++ {
		if id[i] == '-' {
			continue
		}
		v, _ := strconv.ParseUint(id[i:i+2], 16, 8) // ids of ours are hexadecimal
		plain[n] = byte(v)
		n, i = n+1, i+1
	}
	return swap(plain)
}

func swap(b [16]byte) [16]byte {
	b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
	b[4], b[5], b[6], b[7] = b[5], b[4], b[7], b[6]
	return b
}

// sendID reads an access id; what is none names no Send.
func sendID(access string) vault.SendID {
	raw, err := base64.RawURLEncoding.DecodeString(access)
	if err != nil || len(raw) != 16 {
		return ""
	}
	return idOf(swap([16]byte(raw)))
}

// plainID reads an access id whose bytes are in the order of the text, as in links
// that another server made for Sends that came from there.
func plainID(access string) vault.SendID {
	raw, err := base64.RawURLEncoding.DecodeString(access)
	if err != nil || len(raw) != 16 {
		return ""
	}
	return idOf([16]byte(raw))
}

func idOf(b [16]byte) vault.SendID {
	h := hex.EncodeToString(b[:])
	return vault.SendID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// linked is the Send that an access id stands for.
func (d *Door) linked(ctx context.Context, access string) (vault.SendID, error) {
	return d.Sends.Linked(ctx, [2]vault.SendID{sendID(access), plainID(access)})
}
