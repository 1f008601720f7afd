package workitem

import "time"

// Set replaces the values of an item. Without a value, or with nil as the only
// one, the item is removed. It panics if a value has no item type (see
// [Normalize]); values from outside go through [Items.Put].
func (it Items) Set(name string, values ...any) {
	kept := normalizeAll(values)
	if len(values) == 0 || (len(kept) == 0 && len(values) == 1) {
		delete(it, normalizeName(name))
		return
	}
	it[normalizeName(name)] = kept
}

// Put replaces what an item has by a value of any kind, as Imixs' setItemValue
// does: a list gives its values, also none, nil removes the item, anything else
// is the only value. The error is a [*TypeError]; the items are unchanged then.
func (it Items) Put(name string, value any) error {
	name = normalizeName(name)
	normal, err := Normalize(value)
	if err != nil {
		return &TypeError{Item: name, Value: value}
	}
	switch v := normal.(type) {
	case nil:
		delete(it, name)
	case List:
		it[name] = v
	default:
		it[name] = []any{v}
	}
	return nil
}

// Append adds values behind those the item has. nil is skipped.
func (it Items) Append(name string, values ...any) {
	name = normalizeName(name)
	if kept := normalizeAll(values); len(kept) > 0 {
		it[name] = append(it[name], kept...)
	}
}

// Prepend adds values in front of those the item has. nil is skipped.
func (it Items) Prepend(name string, values ...any) {
	name = normalizeName(name)
	if kept := normalizeAll(values); len(kept) > 0 {
		it[name] = append(kept, it[name]...)
	}
}

// Purge removes empty texts from an item, and of equal values all but the
// first. An item that is absent is present afterwards, without values.
func (it Items) Purge(name string) {
	name = normalizeName(name)
	kept := make([]any, 0, len(it[name]))
	seen := make(map[any]bool, len(it[name]))
	for _, v := range it[name] {
		if k := key(v); v != "" && !seen[k] {
			seen[k] = true
			kept = append(kept, v)
		}
	}
	it[name] = kept
}

// Keys of values that cannot be compared by ==, or not as the values they are.
type (
	instant   struct{ seconds, nanos int64 }
	bytesKey  string
	nestedKey string // canonical JSON
)

// key returns what is equal for equal values, and can be the key of a map. It
// keeps comparing many values from taking the square of their number.
func key(value any) any {
	switch v := value.(type) {
	case string, int64, float64, bool:
		return v
	case time.Time:
		return instant{v.Unix(), int64(v.Nanosecond())}
	case []byte:
		return bytesKey(v)
	}
	return nestedKey(appendValue(nil, value))
}

// Remove deletes an item.
func (it Items) Remove(name string) { delete(it, normalizeName(name)) }
