// Package icon draws the program's icon, as web/public/icon.svg describes it. It
// must read no file. Invariant: the same size gives the same bytes.
package icon

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
)

const (
	unit    = 64 // of the drawing
	samples = 4  // a pixel's edge, for smooth edges
)

// Sizes are those that packages bring, for menus, panels and software centres.
var Sizes = []int{16, 24, 32, 48, 64, 128, 256, 512}

// PNG is the icon for windows and trays.
func PNG() []byte { return Draw(128) }

// Draw is the icon as PNG, size pixels wide and high.
func Draw(size int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			m.SetNRGBA(x, y, pixel(x, y, float64(unit)/float64(size)))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// pixel mixes what its samples see.
func pixel(x, y int, scale float64) color.NRGBA {
	var inside, white float64
	for i := range samples * samples {
		px := (float64(x) + (float64(i%samples)+0.5)/samples) * scale
		py := (float64(y) + (float64(i/samples)+0.5)/samples) * scale
		if corner(px, py) {
			inside++
			if drawn(px, py) {
				white++
			}
		}
	}
	if inside == 0 {
		return color.NRGBA{}
	}
	part := white / inside
	mix := func(c float64) uint8 { return uint8(math.Round(c + (255-c)*part)) }
	return color.NRGBA{mix(0x0b), mix(0x5d), mix(0x63), uint8(math.Round(255 * inside / (samples * samples)))}
}

// corner reports whether a point is in the square with round corners.
func corner(x, y float64) bool {
	const r = 14
	dx, dy := math.Max(0, math.Abs(x-unit/2)-(unit/2-r)), math.Max(0, math.Abs(y-unit/2)-(unit/2-r))
	return dx*dx+dy*dy <= r*r
}

// drawn reports whether a point is on a stroke: the ring, its hub, the hand, the four bolts.
func drawn(x, y float64) bool {
	const half = 2.5
	d := math.Hypot(x-32, y-32)
	if math.Abs(d-17) <= half || d <= 4 {
		return true
	}
	for _, l := range [][4]float64{{32, 32, 42, 22}, {32, 15, 32, 11}, {32, 53, 32, 49}, {15, 32, 11, 32}, {53, 32, 49, 32}} {
		if toLine(x, y, l) <= half {
			return true
		}
	}
	return false
}

// toLine is a point's distance from a line with round ends.
func toLine(x, y float64, l [4]float64) float64 {
	dx, dy := l[2]-l[0], l[3]-l[1]
	t := math.Max(0, math.Min(1, ((x-l[0])*dx+(y-l[1])*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-l[0]-t*dx, y-l[1]-t*dy)
}

// ICO is the icon for Windows: PNGs of several sizes in one file.
func ICO() []byte {
	sizes := []int{16, 24, 32, 48, 64, 256}
	var head, body bytes.Buffer
	put := func(v ...any) {
		for _, v := range v {
			binary.Write(&head, binary.LittleEndian, v) //nolint:errcheck // a buffer takes everything
		}
	}
	put(uint16(0), uint16(1), uint16(len(sizes)))
	for _, s := range sizes {
		p := Draw(s)
		put(uint8(s), uint8(s), uint16(0), uint16(1), uint16(32), uint32(len(p)), uint32(6+16*len(sizes)+body.Len())) // 256 is written 0
		body.Write(p)
	}
	return append(head.Bytes(), body.Bytes()...)
}
