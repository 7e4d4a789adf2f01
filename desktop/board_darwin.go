//go:build desktop

package main

import (
	"context"

	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"strongroom/desktop/internal/clip"
)

// wails is the clipboard of what draws the window.
type wails struct{ ctx context.Context }

func (w wails) Read() (string, error)   { return wails_runtime.ClipboardGetText(w.ctx) }
func (w wails) Write(text string) error { return wails_runtime.ClipboardSetText(w.ctx, text) }

func board(ctx context.Context) clip.Board { return wails{ctx} }
