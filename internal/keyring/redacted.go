package keyring

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is embedded in every type that holds key material, so that no verb,
// logger or encoder shows it. The material itself stands behind two pointers: fmt
// cannot call methods on an unexported field, and for a verb that does not fit
// (%s) it follows the first pointer and prints what is there.
type redacted struct{}

const hidden = "[redacted]"

func (redacted) String() string               { return hidden }
func (redacted) GoString() string             { return hidden }
func (redacted) Format(f fmt.State, _ rune)   { io.WriteString(f, hidden) } //nolint:errcheck // fmt.State keeps no errors
func (redacted) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (redacted) MarshalText() ([]byte, error) { return []byte(hidden), nil }
