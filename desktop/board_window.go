//go:build desktop && !windows

package main

import (
	"context"

	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"strongroom/desktop/internal/clip"
)

// gtk is the clipboard of the toolkit that draws the window.
type gtk struct{ ctx context.Context }

func (g gtk) Read() (string, error)   { return wails_runtime.ClipboardGetText(g.ctx) }
func (g gtk) Write(text string) error { return wails_runtime.ClipboardSetText(g.ctx, text) }

func board(ctx context.Context) clip.Board { return gtk{ctx} }
