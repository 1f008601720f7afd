package script

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

// maxSource is how long a script may be, in bytes. How deep the parser can be
// made to recurse is bounded by [checkNesting].
const maxSource = 256 << 10

// Program is a compiled script. It does not change and may be run by any
// number of goroutines.
type Program struct {
	source string
	code   *goja.Program
	err    error
	always *bool // the script is "true" or "false"
}

// Compile compiles a script. A script that does not compile is a Program too:
// running it gives the error.
func Compile(source string) *Program {
	p := &Program{source: source}
	switch strings.TrimSpace(source) {
	case "true", "false":
		value := strings.TrimSpace(source) == "true"
		p.always = &value
		return p
	}
	code, err := compile(source)
	p.code, p.err = code, plain(err)
	return p
}

// Err returns why the script does not compile, nil if it does.
func (p *Program) Err() error { return p.err }

func compile(source string) (code *goja.Program, err error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("script is longer than %d bytes", maxSource)
	}
	if err := checkNesting(source); err != nil {
		return nil, err
	}
	limitRegexps()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compile script: %v", r)
		}
	}()
	// By itself first: what only parses inside the block below is no script.
	if _, err := goja.Parse("script", source); err != nil {
		return nil, err
	}
	// The block keeps let, const and class from becoming global. The value of
	// a block is that of its last statement.
	tree, err := goja.Parse("script", "{"+source+"\n}")
	if err != nil {
		return nil, err
	}
	if err := instrument(tree); err != nil {
		return nil, err
	}
	return goja.CompileAST(tree, false)
}

var (
	errBigInt = errors.New("script uses a BigInt, which is not supported")
	errAsync  = errors.New("script uses an async function, which is not supported")
)
