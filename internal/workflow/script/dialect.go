package script

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// Functions that scripts of old are made to call. No script can spell them.
const (
	hasName     = "\x00has"
	presentName = "\x00present"
)

// maxNameParts is of how many parts a long name may be. Every part of a name is
// looked at as a name of its own, so without a limit a long chain would take
// the cube of its length.
const maxNameParts = 20

// defineHelpers defines those functions.
func (s *sandbox) defineHelpers() {
	s.native(s.base, hasName, func(call goja.FunctionCall) goja.Value {
		for _, c := range []*collection{s.workitem, s.event} {
			if call.Argument(0) == goja.Value(c.object) {
				return s.vm.ToValue(c.Has(call.Argument(1).String()))
			}
		}
		return s.vm.ToValue(false)
	})
	s.native(s.base, presentName, func(call goja.FunctionCall) goja.Value {
		if s.isPresent(call.Argument(0)) {
			return s.yes
		}
		return call.Argument(0)
	})
}

// dialect turns the syntax of old scripts, written for an engine to which an
// item was a list, and a workitem a map, into what has the same meaning here.
// It looks at the script alone, never at a workitem, so that a script is
// compiled once; what depends on the items is decided when it runs.
type dialect struct {
	kept map[ast.Node]bool // is assigned to, or called: not to be replaced
}

// keep notes expressions whose place does not allow another one.
func (d *dialect) keep(node any) {
	switch n := node.(type) {
	case *ast.CallExpression:
		d.kept[n.Callee] = true
	case *ast.AssignExpression:
		d.kept[n.Left] = true
	case *ast.ForIntoExpression:
		d.kept[n.Expression] = true
	case *ast.UnaryExpression:
		if n.Operator == token.INCREMENT || n.Operator == token.DECREMENT || n.Operator == token.DELETE {
			d.kept[n.Operand] = true
		}
	}
}

// within changes the parts of a node.
func (d *dialect) within(node any) {
	switch n := node.(type) {
	case *ast.BinaryExpression:
		if n.Operator == token.STRICT_EQUAL || n.Operator == token.STRICT_NOT_EQUAL {
			n.Left, n.Right = question(n.Left), question(n.Right)
		}
	case *ast.UnaryExpression:
		if n.Operator == token.TYPEOF {
			n.Operand = question(n.Operand)
		}
	}
}

// replacement returns what stands for an expression, nil if it stays.
func (d *dialect) replacement(e ast.Expression) func(ast.Expression) ast.Expression {
	if d.kept[e] {
		return nil
	}
	// get('x') is the value itself, and so is get('x')[0].
	if b, ok := e.(*ast.BracketExpression); ok && isZero(b.Member) && isGet(b.Left) {
		return func(ast.Expression) ast.Expression { return b.Left }
	}
	name := nameOf(e, maxNameParts)
	if name.root == nil || !name.long {
		return nil
	}
	return name.orElse
}

// longName is a name that JavaScript does not take for one: with points,
// workitem.space.team, or hyphens, workitem.my-item[0].
type longName struct {
	root  *ast.Identifier // workitem or event, nil if it is no name
	text  string
	long  bool
	index ast.Expression // behind a hyphen it is part of what JavaScript sees
}

// nameOf returns the name that an expression of at most so many parts is.
func nameOf(e ast.Expression, parts int) longName {
	if parts == 0 {
		return longName{}
	}
	switch e := e.(type) {
	case *ast.DotExpression:
		if root := rootOf(e.Left); root != nil {
			return longName{root: root, text: e.Identifier.Name.String()}
		}
		if left := nameOf(e.Left, parts-1); left.root != nil && left.index == nil {
			return longName{root: left.root, text: left.text + "." + e.Identifier.Name.String(), long: true}
		}
	case *ast.BinaryExpression:
		if e.Operator != token.MINUS {
			break
		}
		left := nameOf(e.Left, parts-1)
		if left.root == nil || left.index != nil {
			break
		}
		if text, index := tailOf(e.Right, parts-1); text != "" {
			return longName{root: left.root, text: left.text + "-" + text, long: true, index: index}
		}
	}
	return longName{}
}

// tailOf returns what follows a hyphen, "" if it can be no part of a name.
func tailOf(e ast.Expression, parts int) (text string, index ast.Expression) {
	if parts == 0 {
		return "", nil
	}
	switch e := e.(type) {
	case *ast.Identifier:
		return e.Name.String(), nil
	case *ast.DotExpression:
		if left, index := tailOf(e.Left, parts-1); left != "" && index == nil {
			return left + "." + e.Identifier.Name.String(), nil
		}
	case *ast.BracketExpression:
		if left, index := tailOf(e.Left, parts-1); left != "" && index == nil && isZero(e.Member) {
			return left, e.Member
		}
	}
	return "", nil
}

// orElse is the item of that name if there is one, and otherwise what the
// script says.
func (n longName) orElse(e ast.Expression) ast.Expression {
	literal := &ast.StringLiteral{Idx: e.Idx0(), Literal: n.text, Value: unistring.NewFromString(n.text)}
	var item ast.Expression = &ast.BracketExpression{Left: n.root, Member: literal, LeftBracket: e.Idx0(), RightBracket: e.Idx0()}
	if n.index != nil {
		item = &ast.BracketExpression{Left: item, Member: n.index, LeftBracket: e.Idx0(), RightBracket: e.Idx0()}
	}
	return &ast.ConditionalExpression{Test: helper(hasName, e, n.root, literal), Consequent: item, Alternate: e}
}

// question is for workitem.name where only a boolean compares as one.
func question(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.DotExpression:
		if rootOf(e.Left) != nil {
			return helper(presentName, e, e)
		}
	case *ast.BracketExpression:
		if rootOf(e.Left) != nil {
			return helper(presentName, e, e)
		}
	}
	return e
}

// publish makes "let result" and "const result" at the top a variable that is
// seen from outside.
func publish(tree *ast.Program, body []ast.Statement) {
	for i, statement := range body {
		l, ok := statement.(*ast.LexicalDeclaration)
		if !ok {
			continue
		}
		for _, b := range l.List {
			if id, ok := b.Target.(*ast.Identifier); ok && id.Name == "result" {
				body[i] = &ast.VariableStatement{Var: l.Idx, List: l.List}
				tree.DeclarationList = append(tree.DeclarationList, &ast.VariableDeclaration{Var: l.Idx, List: l.List})
			}
		}
	}
}

func helper(name string, at ast.Node, arguments ...ast.Expression) ast.Expression {
	return &ast.CallExpression{
		Callee:       &ast.Identifier{Name: unistring.NewFromString(name), Idx: at.Idx0()},
		ArgumentList: arguments,
	}
}

func rootOf(e ast.Expression) *ast.Identifier {
	if id, ok := e.(*ast.Identifier); ok && (id.Name == "workitem" || id.Name == "event") {
		return id
	}
	return nil
}

func isGet(e ast.Expression) bool {
	call, ok := e.(*ast.CallExpression)
	if !ok {
		return false
	}
	dot, ok := call.Callee.(*ast.DotExpression)
	return ok && dot.Identifier.Name == "get" && rootOf(dot.Left) != nil
}

func isZero(e ast.Expression) bool {
	n, ok := e.(*ast.NumberLiteral)
	return ok && n.Value == int64(0)
}
