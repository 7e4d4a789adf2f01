//go:build !linux && !windows

package away

import "context"

// Watch is not known here.
func Watch(context.Context, func()) error { return ErrNotHere }
