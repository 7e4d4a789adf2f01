package vault

// Level says how good a finding is.
type Level uint8

// The levels. Advice is what works and could be better; a fault needs somebody.
const (
	LevelGood Level = iota
	LevelAdvice
	LevelFault
)

var levels = [...]string{"good", "advice", "fault"}

func (l Level) String() string { return levels[l] }

// Finding is what one check of the instance found, and what to do about it.
type Finding struct {
	Check string
	Level Level
	Says  string
}
