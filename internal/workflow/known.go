package workflow

// Known says which extensions there are, for [Model.Check]. The zero value knows
// none.
type Known struct {
	// Plugins and Adapters say whether there is one of a class name; nil: there
	// is none.
	Plugins, Adapters func(name string) bool
	// IgnoreUnknown makes a warning of the error for a plugin or an adapter that
	// nobody has ever heard of.
	IgnoreUnknown bool
}

// KnownIn knows the names in two maps, as a [Kernel] has them.
func KnownIn[P, A any](plugins map[string]P, adapters map[string]A) Known {
	return Known{
		Plugins:  func(name string) bool { _, ok := plugins[name]; return ok },
		Adapters: func(name string) bool { _, ok := adapters[name]; return ok },
	}
}

func (k Known) plugin(name string) bool { return k.Plugins != nil && k.Plugins(name) }

func (k Known) adapter(name string) bool { return k.Adapters != nil && k.Adapters(name) }
