package demo

import "errors"

// releases end what has been started, the last first.
type releases []release

type release struct {
	name string
	end  func() error
}

func (r *releases) add(name string, end func() error) { *r = append(*r, release{name, end}) }

// run ends everything, also after one of them fails.
func (r *releases) run(ended func(name string)) error {
	var failed error
	for len(*r) > 0 {
		last := (*r)[len(*r)-1]
		*r = (*r)[:len(*r)-1]
		failed = errors.Join(failed, last.end())
		ended(last.name)
	}
	return failed
}
