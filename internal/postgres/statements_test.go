package postgres_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A statement is a constant beside the method that runs it: never concatenated,
// never formatted. What cannot be a constant stands here with its reason.
var composedStatements = map[string]string{
	"internal/postgrestest/server.go": "names of databases made for tests, as quoted identifiers",
	"internal/demo/database.go":       "the name of the demo's own database, as a quoted identifier",
}

func TestStatementsAreConstants(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	used := map[string]bool{}
	var found []string
	for _, dir := range []string{"internal", "cmd", "eventlog"} {
		packages := constantsByDirectory(t, filepath.Join(root, dir))
		for _, p := range packages {
			for _, fault := range p.faults() {
				file, err := filepath.Rel(root, fault.Filename)
				require.NoError(t, err)
				file = filepath.ToSlash(file)
				if composedStatements[file] != "" {
					used[file] = true
					continue
				}
				found = append(found, fmt.Sprintf("%s:%d", file, fault.Line))
			}
		}
	}
	require.Empty(t, found, "these statements are no constants")
	for file := range composedStatements {
		require.True(t, used[file], "%s has no exception to allow any more", file)
	}
}

// The test must see what it is there for.
func TestStatementsThatAreNoConstantsAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const text = `package p
const good = "SELECT 1"
var bad = "SELECT 1"
func f(db DB, b Batch, one bool, arg string) {
	db.Exec(ctx, good)
	db.Exec(ctx, "SELECT 1")
	db.Query(ctx, good+" WHERE true", arg)
	b.Queue(good, arg)
	b.Queue("SELECT " + arg)       // 9
	db.Exec(ctx, bad)              // 10
	db.QueryRow(ctx, fmt.Sprintf("SELECT %s", arg)) // 11
	sql := good
	if one {
		sql = "SELECT 2"
	}
	db.Exec(ctx, sql)
	other := good
	other += arg
	db.Exec(ctx, other)            // 19
	db.Query(ctx, arg)             // 20
	g(db, good)
	h(db, good)
	h(db, arg)
}
func g(db DB, sql string) { db.Exec(ctx, sql) }
func h(db DB, sql string) { db.Exec(ctx, sql) } // 26
func Exported(db DB, sql string) { db.Exec(ctx, sql) } // 27
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte(text), 0o600))
	var lines []int
	for _, p := range constantsByDirectory(t, dir) {
		for _, fault := range p.faults() {
			lines = append(lines, fault.Line)
		}
	}
	require.Equal(t, []int{9, 10, 11, 19, 20, 26, 27}, lines)
}

// sources are the files of one directory and the constants they declare.
type sources struct {
	set       *token.FileSet
	files     []*ast.File
	constants map[string]bool
}

func constantsByDirectory(t *testing.T, root string) map[string]*sources {
	t.Helper()
	packages := map[string]*sources{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.Dir(path)
		if packages[dir] == nil {
			packages[dir] = &sources{set: token.NewFileSet(), constants: map[string]bool{}}
		}
		return packages[dir].parse(path)
	})
	require.NoError(t, err)
	return packages
}

func (s *sources) parse(path string) error {
	file, err := parser.ParseFile(s.set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	s.files = append(s.files, file)
	ast.Inspect(file, func(n ast.Node) bool {
		if declaration, ok := n.(*ast.GenDecl); ok && declaration.Tok == token.CONST {
			for _, spec := range declaration.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names { //nolint:forcetypeassert // a const declaration has no other
					s.constants[name.Name] = true
				}
			}
		}
		return true
	})
	return nil
}

// faults are the statements that are no constants.
func (s *sources) faults() (faults []token.Position) {
	for _, file := range s.files {
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if statement := statementOf(n); statement != nil && !s.constant(statement, f, 0) {
					faults = append(faults, s.set.Position(statement.Pos()))
				}
				return true
			})
		}
	}
	return faults
}

// statementOf returns the SQL that a call takes, nil if it takes none.
func statementOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	switch method.Sel.Name {
	case "Exec", "Query", "QueryRow":
		if len(call.Args) >= 2 && isContext(call.Args[0]) {
			return call.Args[1]
		}
	case "Queue":
		if len(call.Args) >= 1 {
			return call.Args[0]
		}
	}
	return nil
}

func isContext(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.Contains(strings.ToLower(e.Name), "ctx") || e.Name == "settle" || e.Name == "work"
	case *ast.CallExpr:
		return true // context.Background() and its kind
	}
	return false
}

// constant says whether an expression is made of constants only. A variable of
// the function counts as one if nothing else is ever assigned to it.
func (s *sources) constant(e ast.Expr, f *ast.FuncDecl, depth int) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return e.Op == token.ADD && s.constant(e.X, f, depth) && s.constant(e.Y, f, depth)
	case *ast.ParenExpr:
		return s.constant(e.X, f, depth)
	case *ast.SelectorExpr: // an exported constant of another package
		return strings.HasSuffix(e.Sel.Name, "SQL")
	case *ast.Ident:
		return s.constants[e.Name] || depth < 5 &&
			(s.onlyConstants(e.Name, f, depth+1) || s.constantParameter(e.Name, f, depth+1))
	}
	return false
}

func (s *sources) onlyConstants(name string, f *ast.FuncDecl, depth int) bool {
	assigned, constant := false, true
	ast.Inspect(f.Body, func(n ast.Node) bool {
		assignment, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, left := range assignment.Lhs {
			if target, ok := left.(*ast.Ident); !ok || target.Name != name {
				continue
			}
			assigned = true
			constant = constant && len(assignment.Lhs) == len(assignment.Rhs) &&
				assignment.Tok != token.ADD_ASSIGN && s.constant(assignment.Rhs[i], f, depth)
		}
		return true
	})
	return assigned && constant
}

func (s *sources) constantParameter(name string, f *ast.FuncDecl, depth int) bool {
	place := parameter(name, f)
	if place < 0 || f.Name.IsExported() {
		return false
	}
	called, constant := false, true
	for _, file := range s.files {
		for _, declaration := range file.Decls {
			caller, ok := declaration.(*ast.FuncDecl)
			if !ok || caller.Body == nil {
				continue
			}
			ast.Inspect(caller.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if ok && calledName(call) == f.Name.Name && len(call.Args) > place {
					called = true
					constant = constant && s.constant(call.Args[place], caller, depth)
				}
				return true
			})
		}
	}
	return called && constant
}

// parameter is the place of a parameter, -1 if the function has none of the name.
func parameter(name string, f *ast.FuncDecl) int {
	place := 0
	for _, field := range f.Type.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return place
			}
			place++
		}
	}
	return -1
}

func calledName(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}
