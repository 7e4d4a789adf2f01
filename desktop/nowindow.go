//go:build !desktop

package main

import (
	"context"
	"errors"

	"strongroom/desktop/internal/app"
)

// show is of a build that has no window: tests and tools need neither GTK nor WebKit.
func show(context.Context, *app.App, bool, func()) error {
	return errors.New("this program was built without its window (make desktop builds it)")
}
