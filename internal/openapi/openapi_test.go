package openapi_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/openapi/openapitest"
)

func load(t *testing.T) *openapitest.Description {
	t.Helper()
	d, err := openapitest.Load()
	require.NoError(t, err)
	return d
}

// The schema is that of https://spec.openapis.org/oas/3.1/schema/2022-10-07, by the
// OpenAPI Initiative, under the Apache License 2.0.
func TestTheDocumentIsOpenAPI31(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/openapi-3.1-schema.json")
	require.NoError(t, err)
	defer file.Close()
	meta, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("meta.json", meta))
	schema, err := compiler.Compile("meta.json")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(load(t).Root))
}

// eachRef calls f with the references of a part of the document.
func eachRef(value any, f func(ref string)) {
	switch v := value.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			f(ref)
		}
		for _, member := range v {
			eachRef(member, f)
		}
	case []any:
		for _, element := range v {
			eachRef(element, f)
		}
	}
}

func TestEveryReferenceLeadsToAComponentAndEachIsUsed(t *testing.T) {
	t.Parallel()
	root := load(t).Root
	components, ok := root["components"].(map[string]any)
	require.True(t, ok)
	there := map[string]bool{}
	for kind, list := range components {
		if kind == "securitySchemes" {
			continue // they are referred to by their names
		}
		for name := range list.(map[string]any) { //nolint:forcetypeassert // it is valid
			there["#/components/"+kind+"/"+name] = false
		}
	}
	eachRef(root, func(ref string) {
		require.Contains(t, there, ref)
		there[ref] = true
	})
	for ref, used := range there {
		require.True(t, used, "nobody uses %s", ref)
	}
}

// OpenAPI takes two paths that differ in the names of their parameters for one.
func TestNoPathIsThereTwice(t *testing.T) {
	t.Parallel()
	names, paths := regexp.MustCompile(`\{[^}]*\}`), map[string]string{}
	for _, op := range load(t).Operations {
		shape := names.ReplaceAllString(op.Path, "{}")
		if other, ok := paths[shape]; ok {
			require.Equal(t, other, op.Path)
		}
		paths[shape] = op.Path
	}
}

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, op := range load(t).Operations {
		bodies := []map[string]*openapitest.Media{op.Bodies}
		for _, answer := range op.Answers {
			bodies = append(bodies, answer.Bodies)
		}
		for _, body := range bodies {
			for media, m := range body {
				for _, example := range m.Examples {
					text, err := openapitest.Body(media, example)
					require.NoError(t, err)
					require.NoError(t, m.Check(media, []byte(text)), "%s, %s", op.ID, media)
				}
			}
		}
		for media, m := range op.Bodies {
			require.NotEmpty(t, m.Examples, "%s, %s", op.ID, media)
		}
	}
}

func TestOperationsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	d := load(t)
	tags := map[string]bool{}
	for _, tag := range d.Root["tags"].([]any) { //nolint:forcetypeassert // it is valid
		tags[fmt.Sprint(tag.(map[string]any)["name"])] = false //nolint:forcetypeassert // it is valid
	}
	ids := map[string]bool{}
	for path, item := range d.Root["paths"].(map[string]any) { //nolint:forcetypeassert // it is valid
		for method, operation := range item.(map[string]any) { //nolint:forcetypeassert // it is valid
			op, ok := operation.(map[string]any)
			require.True(t, ok)
			id := fmt.Sprint(op["operationId"])
			require.False(t, ids[id], "%s is there twice", id)
			ids[id] = true
			require.NotEmpty(t, op["summary"], "%s %s", method, path)
			require.NotEmpty(t, op["description"], "%s %s", method, path)
			require.Len(t, op["tags"], 1, id)
			for _, tag := range op["tags"].([]any) { //nolint:forcetypeassert // it is valid
				require.Contains(t, tags, tag, id)
				tags[fmt.Sprint(tag)] = true
			}
		}
	}
	for tag, used := range tags {
		require.True(t, used, tag)
	}
}

// What Imixs takes by PUT as well is the same as by POST, and so are its paths that
// end in a slash, and those for typed JSON.
func TestTwinsAreDescribedAlike(t *testing.T) {
	t.Parallel()
	d := load(t)
	paths, ok := d.Root["paths"].(map[string]any)
	require.True(t, ok)
	alike := func(one, other any) {
		t.Helper()
		differences := []string{"operationId", "summary", "description"}
		contract := func(operation any) map[string]any {
			op, ok := operation.(map[string]any)
			require.True(t, ok)
			op = maps.Clone(op)
			for _, name := range differences {
				delete(op, name)
			}
			return op
		}
		require.Equal(t, contract(one), contract(other))
	}
	twins := 0
	for path, item := range paths {
		methods, ok := item.(map[string]any)
		require.True(t, ok)
		if methods["post"] != nil && methods["put"] != nil {
			alike(methods["post"], methods["put"])
			twins++
		}
		for _, suffix := range []string{"/", "/typed"} {
			other, cut := strings.CutSuffix(path, suffix)
			if twin, ok := paths[other].(map[string]any); cut && ok {
				for method, operation := range methods {
					alike(twin[method], operation)
					twins++
				}
			}
		}
	}
	require.GreaterOrEqual(t, twins, 10)
}

// Media types stand in the order of a document's members, which is no order: what a
// page shows first is up to it.
func TestAnswersOfImixsAreThereInAllItsForms(t *testing.T) {
	t.Parallel()
	for _, op := range load(t).Operations {
		for status, answer := range op.Answers {
			forms := slices.Sorted(maps.Keys(answer.Bodies))
			if slices.Contains(forms, "text/xml") {
				require.Subset(t, forms, []string{"application/json", "application/xml", "text/xml"}, "%s, %d", op.ID, status)
			}
		}
	}
}
