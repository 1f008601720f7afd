package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Anonymous is the name of every caller where nobody is asked for one.
const Anonymous = "anonymous"

// asyncEditor is the $editor of what async events do.
const asyncEditor = "postlude"

// maxName bounds names of callers, in bytes: they become items.
const maxName = 255

// Identity is who somebody has proved to be.
type Identity struct {
	Name string
	// Roles are the roles and groups that the user file or the provider gives.
	Roles []string
}

// Caller is who makes a request. The zero value may do nothing. A Caller is not
// changed once made.
type Caller struct {
	Name  string
	Level Level
	// Names are those by which access lists may name the caller: its name, then
	// its roles and groups, among them the roles of Imixs' access levels.
	Names []string
}

// Nobody is the caller where there is no authentication: it may do everything.
func Nobody(name string) Caller {
	return Caller{Name: name, Level: Manager, Names: []string{name, Manager.Role()}}
}

// IsNamedIn says whether one of the names is the caller's.
func (c Caller) IsNamedIn(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return name != "" && slices.Contains(c.Names, name) })
}

// CheckName says why a caller must not have this name. It would be mistaken for
// somebody or something else.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is missing")
	case len(name) > maxName:
		return errors.New("the name is longer than 255 bytes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isHidden):
		return errors.New("the name is not UTF-8 without characters that cannot be seen")
	case strings.TrimSpace(name) != name:
		return errors.New("the name begins or ends with a space")
	case name == Anonymous || name == asyncEditor:
		return errors.New("the name " + name + " is reserved")
	case strings.HasPrefix(name, rolePrefix):
		return errors.New("the name is that of an access level")
	}
	return nil
}

// CheckRole says why a role cannot be written down: nothing that is read would be
// the same.
func CheckRole(role string) error {
	switch {
	case role == "":
		return errors.New("the role is missing")
	case !utf8.ValidString(role) || strings.ContainsFunc(role, isHidden):
		return errors.New("the role is not UTF-8 without characters that cannot be seen")
	case strings.TrimSpace(role) != role:
		return errors.New("the role begins or ends with a space")
	case strings.HasPrefix(role, "#") || strings.Contains(role, " #"):
		return errors.New("the role has what looks like a comment, which needs a line of its own")
	}
	return nil
}

type callerKey struct{}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns the caller that the context carries, one that may do nothing
// if it carries none.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
