package vault

import "strings"

// ValidEncString reports whether s has the shape of what a client encrypted
// (PROTOCOL.md 3.3): a known type, the right number of parts, each base64, and
// the sizes that the type fixes. Types 0 and 1, which nothing authenticates or
// nobody writes, are refused. Clients that meet another shape show no vault at all.
func ValidEncString(s string) bool {
	if len(s) < 3 || s[1] != '.' {
		return false
	}
	parts := s[2:]
	switch s[0] {
	case '2':
		iv, rest, ok := strings.Cut(parts, "|")
		ct, mac, ok2 := strings.Cut(rest, "|")
		n := b64Size(ct)
		return ok && ok2 && b64Size(iv) == 16 && b64Size(mac) == 32 && n > 0 && n%16 == 0
	case '3', '4', '7':
		return b64Size(parts) > 0
	case '5', '6':
		ct, mac, ok := strings.Cut(parts, "|")
		return ok && b64Size(ct) > 0 && b64Size(mac) == 32
	}
	return false
}

// b64Size is how many bytes s is the padded standard base64 of, or -1.
func b64Size(s string) int {
	if len(s)%4 != 0 {
		return -1
	}
	body := strings.TrimRight(s, "=")
	if len(s)-len(body) > 2 {
		return -1
	}
	for i := range len(body) {
		if !b64Char[body[i]] {
			return -1
		}
	}
	return len(body) * 3 / 4
}

var b64Char = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = true
	}
	return t
}()

// CheckEnc reports why s may not be kept as an encrypted string of at most
// limit bytes at path.
func CheckEnc(path, s string, limit int) error {
	switch {
	case len(s) > limit:
		return ErrItemInvalid.At(path, "is longer than "+itoa(limit)+" bytes when encrypted")
	case !ValidEncString(s):
		return ErrItemInvalid.At(path, "is not an encrypted string of a known type")
	}
	return nil
}
