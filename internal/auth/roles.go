package auth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Roles say which access level a role gives. The roles of Imixs always give
// theirs.
type Roles struct{ levels map[string]Level }

// NewRoles reads a mapping from roles to levels, as [ParseLevel] reads them.
func NewRoles(mapping map[string]string) (Roles, error) {
	r := Roles{levels: map[string]Level{}}
	for level := NoAccess; level <= Manager; level++ {
		r.levels[level.Role()] = level
	}
	for _, role := range slices.Sorted(maps.Keys(mapping)) {
		if err := CheckRole(role); err != nil {
			return r, fmt.Errorf("role %q: %w", role, err)
		}
		level, err := ParseLevel(mapping[role])
		if err != nil {
			return r, fmt.Errorf("role %q: %w", role, err)
		}
		if own, is := r.levels[role]; is && own != level {
			return r, fmt.Errorf("role %q: it is an access level itself", role)
		}
		r.levels[role] = level
	}
	return r, nil
}

// Caller makes the caller that somebody is: with the highest level of its roles,
// and [NoAccess] without any. The error says that the name is none for a caller:
// one that is called like a role would be taken for everybody who has it.
func (r Roles) Caller(id Identity) (Caller, error) {
	if err := CheckName(id.Name); err != nil {
		return Caller{}, err
	}
	if _, is := r.levels[id.Name]; is {
		return Caller{}, errors.New("the name is that of a role with an access level")
	}
	c := Caller{Name: id.Name, Names: make([]string, 1, len(id.Roles)+2)}
	c.Names[0] = id.Name
	for _, role := range id.Roles {
		c.Names = withName(c.Names, role)
		if level, is := r.levels[role]; is {
			c.Names = withName(c.Names, level.Role())
			c.Level = max(c.Level, level)
		}
	}
	return c, nil
}

func withName(names []string, name string) []string {
	if name == "" || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
