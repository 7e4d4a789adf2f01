//go:build desktop

package main

import (
	"context"

	"strongroom/desktop/internal/clip"
)

func board(context.Context) clip.Board { return clip.System{} }
