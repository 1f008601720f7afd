package conformance_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// walk calls visit for a recorded value and all within it; what is tagged comes
// as an object of one member.
func walk(v any, visit func(v any)) {
	visit(v)
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			visit(name)
			walk(member, visit)
		}
	case []any:
		for _, element := range v {
			walk(element, visit)
		}
	}
}

// written returns what a case writes, as it is recorded, nil if it reads.
func written(c *engineCase) any {
	var in struct {
		Op        string
		Items     any
		Documents any
	}
	decoder := json.NewDecoder(strings.NewReader(string(c.raw)))
	decoder.UseNumber()
	if decoder.Decode(&in) != nil || (in.Op != "build" && !strings.HasPrefix(in.Op, "write")) {
		return nil
	}
	return map[string]any{"items": in.Items, "documents": in.Documents}
}

// hasJavaType: something is written that Java keeps in a type that items do not
// have here, or an integer beyond 64 bits is read.
func hasJavaType(c *engineCase) bool {
	found := false
	walk(written(c), func(v any) {
		switch v := v.(type) {
		case []any:
			found = found || (len(v) > 1 && slices.Contains(v, nil))
		case map[string]any:
			for tag, content := range v {
				found = found || isJavaType(tag, content)
			}
		}
	})
	for _, m := range regexp.MustCompile(`"@bigint": "([+-]?\d+)"`).FindAllStringSubmatch(string(c.raw), -1) {
		_, err := strconv.ParseInt(m[1], 10, 64)
		found = found || err != nil
	}
	return found
}

func isJavaType(tag string, content any) bool {
	switch tag {
	case "@short", "@byte", "@float", "@bigdecimal", "@bigint", "@char", "@StringArray", "@intArray":
		return true
	case "@long":
		n, _ := content.(json.Number)
		_, err := strconv.ParseInt(n.String(), 10, 32)
		return err == nil
	case "@map":
		members, _ := content.(map[string]any)
		for _, member := range members {
			if member == nil {
				return true
			}
		}
	}
	return false
}
