package script

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/dop251/goja"
)

// maxMessage is how many bytes of the text of an error are kept.
const maxMessage = 1 << 10

// defineInside builds the function that [sandbox.inside] calls.
func (s *sandbox) defineInside() {
	call, ok := goja.AssertFunction(s.vm.ToValue(func(goja.FunctionCall) goja.Value {
		s.insideErr = s.insideRun()
		return goja.Undefined()
	}))
	if !ok {
		panic("no function")
	}
	s.insideCall = call
}

// inside runs what may run code of the script, such as a getter, as a call of
// the engine: it is only when a call ends that the engine runs what the script
// has put off, and otherwise this would be left to the next script.
func (s *sandbox) inside(f func() error) error {
	s.insideRun, s.insideErr = f, nil
	_, err := s.insideCall(goja.Undefined())
	s.insideRun = nil
	if err != nil {
		return err
	}
	return s.insideErr
}

// thrown returns what a script threw as plain text. What it threw may have a
// toString that runs.
func (s *sandbox) thrown(exception *goja.Exception) error {
	var text string
	if err := s.inside(func() error {
		text = exception.Error()
		return nil
	}); err != nil {
		text = "exception without a text"
	}
	return errors.New(capped(text, maxMessage))
}

// plain takes from an error of the engine what belongs to the sandbox.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var stack *goja.StackOverflowError
	if errors.As(err, &stack) {
		return errors.New("script calls itself too deep")
	}
	return errors.New(capped(err.Error(), maxMessage))
}

// panicked returns the error for a panic. A value of the script is not looked
// at.
func panicked(r any) error {
	switch r := r.(type) {
	case runtime.Error, string:
		return fmt.Errorf("script engine: %s", capped(fmt.Sprint(r), maxMessage))
	}
	return fmt.Errorf("script engine: panic of a %T", r)
}

// capped returns at most so many bytes of a text, of which none is half a
// character.
func capped(text string, longest int) string {
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ToValidUTF8(text, "")
}
