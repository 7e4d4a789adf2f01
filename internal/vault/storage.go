package vault

// Table is what one table of the database takes, with its indexes.
type Table struct {
	Name        string
	Rows, Bytes int64
}

// Taken is what one person's files take.
type Taken struct {
	User         UserID
	Email        string
	Items, Bytes int64
}

// Storage is what the instance keeps. Largest are the people whose files take most.
type Storage struct {
	Tables       []Table
	Items        map[ItemType]int64
	Attachments  int64
	AttachedSize int64
	FileSends    int64
	SentSize     int64
	Unswept      int64 // files that a job is still to remove
	Largest      []Taken
}
