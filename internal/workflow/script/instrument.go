package script

import (
	"fmt"
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// checkName is the function that sees every result of + and of a template. No
// script can spell it.
const checkName = "\x00text"

// maxParts bounds what one template can multiply.
const maxParts = 64

// instrument puts a check of its length around every text that an operator
// makes: no other place could stop s+=s from filling the memory. It refuses
// BigInt, whose operators cannot be stopped at all, async functions, whose jobs
// could outlive the script, and regular expressions that are too large. On the way it gives old
// scripts their meaning, see [dialect].
func instrument(tree *ast.Program) error {
	w := &walker{seen: map[any]bool{}, dialect: dialect{kept: map[ast.Node]bool{}}}
	if block, ok := tree.Body[0].(*ast.BlockStatement); ok {
		publish(tree, block.List)
	}
	w.walk(reflect.ValueOf(&tree.Body).Elem())
	return w.err
}

type walker struct {
	seen    map[any]bool // the tree shares nodes
	dialect dialect
	regexps patternBudget
	err     error
}

func (w *walker) walk(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // other kinds hold no nodes
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		w.expression(v)
	case reflect.Pointer:
		if v.IsNil() || w.seen[v.Interface()] {
			return
		}
		w.seen[v.Interface()] = true
		w.inspect(v.Interface())
		if v.Elem().Kind() == reflect.Struct {
			w.walk(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Name != "File" {
				w.walk(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.walk(v.Index(i))
		}
	}
}

// expression walks what an interface holds. If it is an expression, and
// another one may stand in its place, it may be replaced.
func (w *walker) expression(v reflect.Value) {
	e, ok := v.Interface().(ast.Expression)
	if !ok || !v.CanSet() || v.Type() != reflect.TypeFor[ast.Expression]() {
		w.walk(v.Elem())
		return
	}
	replace := w.dialect.replacement(e) // before its parts change
	w.walk(v.Elem())
	switch {
	case replace != nil:
		v.Set(reflect.ValueOf(replace(e)))
	case makesText(e):
		v.Set(reflect.ValueOf(helper(checkName, e, e)))
	}
}

func (w *walker) inspect(node any) {
	w.dialect.keep(node)
	w.dialect.within(node)
	if err := w.refusal(node); err != nil && w.err == nil {
		w.err = err
	}
}

// refusal returns why a script cannot have a node, nil if it can.
func (w *walker) refusal(node any) error {
	switch n := node.(type) {
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok {
			return errBigInt
		}
	case *ast.TemplateLiteral:
		if len(n.Expressions) > maxParts {
			return fmt.Errorf("script has a template with more than %d parts", maxParts)
		}
	case *ast.RegExpLiteral:
		return w.regexps.spend(n)
	case *ast.AwaitExpression:
		return errAsync
	case *ast.FunctionLiteral:
		if n.Async {
			return errAsync
		}
	case *ast.ArrowFunctionLiteral:
		if n.Async {
			return errAsync
		}
	}
	return nil
}

func makesText(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.BinaryExpression:
		return e.Operator == token.PLUS
	case *ast.AssignExpression:
		return e.Operator == token.PLUS
	case *ast.TemplateLiteral:
		return e.Tag == nil
	}
	return false
}
