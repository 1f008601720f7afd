package auth

import (
	"fmt"
	"strings"
)

// Level is an access level of Imixs. Each includes the ones below it.
type Level int

// The access levels.
const (
	// NoAccess may do with the event log what a rule for topics gives, and nothing
	// else.
	NoAccess Level = iota
	// Reader may read workitems whose access lists allow it, and models.
	Reader
	// Author may also create workitems, and process those that name it in
	// $writeaccess.
	Author
	// Editor may process every workitem that it may read.
	Editor
	// Manager may do everything.
	Manager
)

// rolePrefix begins the names of the roles that are the levels in Imixs.
const rolePrefix = "org.imixs.ACCESSLEVEL."

func levelNames() []string {
	return []string{"NOACCESS", "READERACCESS", "AUTHORACCESS", "EDITORACCESS", "MANAGERACCESS"}
}

// String returns the name of the level, such as MANAGERACCESS.
func (l Level) String() string {
	if names := levelNames(); l >= 0 && int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", int(l))
}

// Role returns the role that is the level in Imixs, such as
// org.imixs.ACCESSLEVEL.MANAGERACCESS.
func (l Level) Role() string { return rolePrefix + l.String() }

// ParseLevel reads a level: its role, its name, or that without ACCESS at its end,
// in any case.
func ParseLevel(text string) (Level, error) {
	name := strings.ToUpper(strings.TrimSpace(text))
	name = strings.TrimPrefix(name, strings.ToUpper(rolePrefix))
	for level, full := range levelNames() {
		if name == full || level > 0 && name+"ACCESS" == full {
			return Level(level), nil
		}
	}
	return NoAccess, fmt.Errorf("%q is no access level: they are NOACCESS, READER, AUTHOR, EDITOR and MANAGER", text)
}
