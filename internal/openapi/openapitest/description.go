// Package openapitest holds requests and answers of the API against its
// description.
package openapitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/postlude/postlude/internal/openapi"
)

// Description is what the document says. It is not changed once loaded.
type Description struct {
	// Root is the document as JSON has it.
	Root map[string]any
	// Operations are sorted by path and method.
	Operations []*Operation
	mux        *http.ServeMux
	byPattern  map[string]*Operation
}

// Operation is a method on a path.
type Operation struct {
	ID, Method, Path string
	// Secured says whether it needs credentials.
	Secured    bool
	Parameters []Parameter
	// Bodies are what may be sent, by media type.
	Bodies map[string]*Media
	// Answers are by status.
	Answers map[int]*Answer
}

// Parameter is a part of the address, or a header.
type Parameter struct {
	Name, In string
	Required bool
	// Example is "" if there is none.
	Example string
	schema  *jsonschema.Schema
}

// Media is a body of one media type.
type Media struct {
	Examples []any
	schema   *jsonschema.Schema
}

// Answer is what is answered with one status.
type Answer struct {
	// Bodies are by media type; none for no body.
	Bodies  map[string]*Media
	headers map[string]*jsonschema.Schema
}

// documentURL is what references are relative to. Nothing is fetched.
const documentURL = "postlude:///openapi.yaml"

// Load reads the document. Every schema in it is one by JSON Schema 2020-12, and
// every reference that is used resolves, or it is an error.
func Load() (*Description, error) {
	root, err := decode(openapi.Document())
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(documentURL, root); err != nil {
		return nil, fmt.Errorf("add document: %w", err)
	}
	r := &reader{root: root, compiler: compiler}
	d := &Description{Root: root, mux: http.NewServeMux(), byPattern: map[string]*Operation{}}
	for path, item := range r.node("paths").members() {
		for method, n := range item.members() {
			op := r.operation(strings.ToUpper(method), path, n)
			d.Operations = append(d.Operations, op)
			d.byPattern[op.Pattern()] = op
			d.mux.Handle(op.Pattern(), http.NotFoundHandler())
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return d, r.err
}

// decode reads YAML as JSON would have it.
func decode(text []byte) (map[string]any, error) {
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	plain, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(plain)))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("read document: it is no object")
	}
	return root, nil
}

// Pattern is the operation as [http.ServeMux] has it.
func (o *Operation) Pattern() string {
	path := o.Path
	if strings.HasSuffix(path, "/") {
		path += "{$}"
	}
	return o.Method + " " + path
}

// Find returns the operation that a request is for, nil if there is none.
func (d *Description) Find(method string, address *url.URL) *Operation {
	_, pattern := d.mux.Handler(&http.Request{Method: method, URL: address, Host: address.Host})
	return d.byPattern[pattern]
}

// Address fills the path and what is required of the query with values, and else
// with the examples of the document.
func (o *Operation) Address(values map[string]string) string {
	path, query := o.Path, url.Values{}
	for _, p := range o.Parameters {
		value := cmp.Or(values[p.Name], p.Example)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case p.In == "query" && (p.Required || values[p.Name] != ""):
			query.Set(p.Name, value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// Success returns the one status below 300.
func (o *Operation) Success() int {
	return slices.Min(slices.Collect(maps.Keys(o.Answers)))
}

// reader reads operations. The first error stays.
type reader struct {
	root     map[string]any
	compiler *jsonschema.Compiler
	err      error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) schema(n node) *jsonschema.Schema {
	schema, err := r.compiler.Compile(documentURL + "#" + n.pointer)
	if err != nil {
		r.fail(err)
	}
	return schema
}

func (r *reader) operation(method, path string, n node) *Operation {
	op := &Operation{
		ID: n.text("operationId"), Method: method, Path: path, Secured: !n.has("security"),
		Bodies: r.bodies(n.child("requestBody")), Answers: map[int]*Answer{},
	}
	for _, p := range n.child("parameters").elements() {
		op.Parameters = append(op.Parameters, Parameter{
			Name: p.text("name"), In: p.text("in"), Required: p.child("required").value == true,
			Example: p.text("example"), schema: r.schema(p.child("schema")),
		})
	}
	for code, n := range n.child("responses").members() {
		status, err := strconv.Atoi(code)
		if err != nil {
			r.fail(fmt.Errorf("%s: %w", op.ID, err))
		}
		answer := &Answer{Bodies: r.bodies(n), headers: map[string]*jsonschema.Schema{}}
		for name, header := range n.child("headers").members() {
			answer.headers[name] = r.schema(header.child("schema"))
		}
		op.Answers[status] = answer
	}
	return op
}

func (r *reader) bodies(n node) map[string]*Media {
	bodies := map[string]*Media{}
	for media, n := range n.child("content").members() {
		m := &Media{schema: r.schema(n.child("schema"))}
		if n.has("example") {
			m.Examples = append(m.Examples, n.child("example").value)
		}
		for _, example := range n.child("examples").members() {
			m.Examples = append(m.Examples, example.child("value").value)
		}
		bodies[media] = m
	}
	return bodies
}
