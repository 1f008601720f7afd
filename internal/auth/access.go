package auth

import "slices"

// Access are the access lists of a workitem, its items $readaccess and
// $writeaccess. Empty texts count as nothing: the kernel writes one where a model
// names nobody.
type Access struct {
	Read, Write []string
}

// MayRead says whether the caller may see a workitem: from [Reader] on, if nobody
// is named, or the caller is. A [Manager] sees all.
func (c Caller) MayRead(a Access) bool {
	switch {
	case c.Level < Reader:
		return false
	case c.Level >= Manager:
		return true
	}
	return !slices.ContainsFunc(a.Read, func(name string) bool { return name != "" }) || c.IsNamedIn(a.Read)
}

// MayProcess says whether the caller may change a stored workitem. It has to be
// one that the caller may read; then an [Editor] may, and an [Author] who is named
// for it. Where nobody is named no author may.
func (c Caller) MayProcess(a Access) bool {
	switch {
	case !c.MayRead(a):
		return false
	case c.Level >= Editor:
		return true
	}
	return c.Level >= Author && c.IsNamedIn(a.Write)
}

// MayCreate says whether the caller may create a workitem.
func (c Caller) MayCreate() bool { return c.Level >= Author }

// Readers are the arguments of a statement that lists workitems: whether the
// caller sees all of them, and the names one of which has to be in $readaccess if
// that names anybody. ok is false if the caller sees none: then there is nothing
// to ask the database.
func (c Caller) Readers() (all bool, names []string, ok bool) {
	return c.Level >= Manager, c.Names, c.Level >= Reader
}
