package workitem

// maxName bounds the texts by which lists find workitems, in bytes, as names of
// callers and ids are bounded. Indexes refuse entries that are much longer.
const maxName = 255

// everybody stands in the column readers where $readaccess names nobody.
const everybody = ""

// The columns that lists are found by. The migration that made them filled them
// by the same rules.

func creatorOf(it Items) string {
	if values := it[Creator]; len(values) > 0 {
		if name, ok := nameOf(values[0]); ok {
			return name
		}
	}
	return ""
}

func ownersOf(it Items) []string  { return namesOf(nil, it[Owner]) }
func writersOf(it Items) []string { return namesOf(nil, it[WriteAccess]) }
func refsOf(it Items) []string    { return namesOf(namesOf(nil, it[WorkitemRef]), it[UniqueIDRef]) }

// readersOf are those who may read a workitem. Without any of them nobody finds
// it in a list but who sees all.
func readersOf(it Items) []string {
	values := it[ReadAccess]
	for _, value := range values {
		if value != "" {
			return namesOf(nil, values)
		}
	}
	return []string{everybody}
}

func namesOf(names []string, values []any) []string {
	for _, value := range values {
		if name, ok := nameOf(value); ok {
			names = append(names, name)
		}
	}
	return names
}

// nameOf returns a value as a name or an id. A text that is empty or longer than
// any of them is none, nor is a value that is neither text, integer nor boolean.
func nameOf(value any) (name string, ok bool) {
	name, _ = NameText(value)
	return name, name != "" && len(name) <= maxName
}

// NameText returns the text of a value that may name somebody in an access list: it
// is a text, an integer or a boolean. Any other value is nobody's name.
func NameText(value any) (text string, ok bool) {
	switch value.(type) {
	case string, int64, bool:
		return FormatValue(value), true
	}
	return "", false
}

// arrayOf writes texts as Postgres reads an array: unnest takes an array of
// arrays apart completely.
func arrayOf(texts []string) string {
	dst := make([]byte, 0, 64)
	dst = append(dst, '{')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		for _, c := range []byte(text) {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		dst = append(dst, '"')
	}
	return string(append(dst, '}'))
}
