package document

import (
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// itemsOf reads an array of items, or one, with their values at this depth. An
// item without values is none.
func (r *jsonReader) itemsOf(depth int, set func(name []byte, values workitem.List) error) error {
	read := func() error {
		began := r.pos
		o, err := r.members(depth)
		switch {
		case err != nil:
			return err
		case !o.valued:
			return nil
		case !o.named:
			return r.failAt(began, "an item has no name")
		}
		return set(o.name, o.values)
	}
	if r.peek() == '[' {
		return r.array(read)
	}
	return read()
}

// jsonObject is an object within a document: an item, or a value that is no plain
// one.
type jsonObject struct {
	name    []byte
	named   bool
	values  workitem.List // of an item, or an embedded list
	valued  bool
	mapping workitem.Map
	typ     string
	typed   bool
	text    string
	texted  bool
	unknown bool
}

// members reads an object. Its list of values is at this depth.
func (r *jsonReader) members(depth int) (o jsonObject, err error) {
	err = r.known(func(name string) (err error) {
		var text []byte
		switch name {
		case "name":
			o.named = true
			o.name, err = r.name()
		case "value":
			o.values, o.valued, err = r.values(depth)
		case "item":
			o.mapping, err = r.mapOf(depth)
		case "@type":
			text, err = r.quoted()
			o.typ, o.typed = string(text), true
		case "$":
			o.texted = true
			o.text, err = r.textOrNumber()
		default:
			o.unknown = true
			err = r.skip(depth)
		}
		return err
	})
	return o, err
}

// name reads the name of an item, which all forms must be able to hold.
func (r *jsonReader) name() ([]byte, error) {
	r.count.items++
	if err := r.within(); err != nil {
		return nil, err
	}
	name, err := r.quoted()
	if err == nil && illegalXML(name) >= 0 {
		err = r.fail("the name of an item has a character that XML cannot hold")
	}
	return name, err
}

// textOrNumber reads the text of a typed value. A number counts as the text that
// Java makes of it.
func (r *jsonReader) textOrNumber() (string, error) {
	if c := r.peek(); c == '-' || (c >= '0' && c <= '9') {
		literal, err := r.number()
		return javaNumber(string(literal)), err
	}
	text, err := r.quoted()
	return string(text), err
}

// mapOf reads an array of items as an embedded map at this depth.
func (r *jsonReader) mapOf(depth int) (workitem.Map, error) {
	m := workitem.Map{}
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	return m, r.itemsOf(depth+1, func(name []byte, values workitem.List) error {
		m[string(name)] = values
		return nil
	})
}

// values reads the values of an item or of an embedded list, which is at this
// depth: an array, or one value. Null is as if they were not there.
func (r *jsonReader) values(depth int) (list workitem.List, ok bool, err error) {
	if err := r.enter(depth); err != nil {
		return nil, false, err
	}
	list = workitem.List{}
	typ := "" // a value without a type has that of the one before
	read := func() error {
		v, err := r.value(depth+1, &typ)
		if v != nil {
			list = append(list, v)
		}
		return err
	}
	switch r.peek() {
	case 'n':
		_, err := r.word()
		return nil, false, err
	case '[':
		err = r.array(read)
	default:
		err = read()
	}
	return list, true, err
}

// value reads a value, nil if it is none. A list or map has this depth.
func (r *jsonReader) value(depth int, typ *string) (any, error) {
	r.count.values++
	if err := r.within(); err != nil {
		return nil, err
	}
	c := r.peek()
	began := r.pos
	switch {
	case c == '"':
		text, err := r.quoted()
		return plainText(string(text)), err
	case c == '-' || (c >= '0' && c <= '9'):
		return r.plainNumber()
	case c == '[':
		return r.nested(depth)
	case c == '{':
		o, err := r.members(depth)
		if err != nil {
			return nil, err
		}
		return r.resolve(o, began, typ)
	}
	return r.word()
}

func (r *jsonReader) plainNumber() (any, error) {
	began := r.pos
	literal, err := r.number()
	if err != nil {
		return nil, err
	}
	text := string(literal)
	v, ok := plainNumber(text)
	switch {
	case ok:
		return v, nil
	case isInteger(text):
		return nil, r.failAt(began, "the integer %s does not fit into 64 bits", literal)
	default:
		return nil, r.failAt(began, "the number %s does not fit into a double", literal)
	}
}

// nested reads an array within an array: the items of an embedded map, or the
// values of an embedded list. It is a map if it is empty, since an empty
// list is written as {"value": []}.
func (r *jsonReader) nested(depth int) (any, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	began := r.pos
	m, list := workitem.Map{}, workitem.List{}
	typ, elements, items := "", 0, 0
	err := r.array(func() error {
		elements++
		o, v, err := r.itemOrValue(depth+1, &typ)
		if o.named {
			items++
		}
		if o.named && o.valued {
			m[string(o.name)] = o.values
		}
		if v != nil {
			list = append(list, v)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case items == elements:
		return m, nil
	case items > 0:
		return nil, r.failAt(began, "an array with items and with values")
	}
	return list, nil
}

// itemOrValue reads an item, which has a name, or a value.
func (r *jsonReader) itemOrValue(depth int, typ *string) (o jsonObject, v any, err error) {
	if r.peek() != '{' {
		v, err = r.value(depth, typ)
		return o, v, err
	}
	began := r.pos
	r.count.values++
	if err := r.within(); err != nil {
		return o, nil, err
	}
	o, err = r.members(depth)
	if err == nil && !o.named {
		v, err = r.resolve(o, began, typ)
	}
	return o, v, err
}

// resolve returns the value that an object is, nil if it is none.
func (r *jsonReader) resolve(o jsonObject, began int, typ *string) (any, error) {
	forms := 0
	for _, is := range []bool{o.named, o.valued, o.mapping != nil, o.texted} {
		if is {
			forms++
		}
	}
	is := strings.ToLower(o.typ)
	switch {
	case forms > 1, o.named, forms == 0 && !o.typed && o.unknown:
		return nil, r.failAt(began, "an object that is no value")
	case o.valued && (is == "" || is == "xmlitem"):
		return o.values, nil
	case o.mapping != nil && (is == "" || is == "xmlitemarray"):
		return o.mapping, nil
	case forms == 0 && is == "xmlitem":
		return workitem.List{}, nil
	case forms == 0 && is == "xmlitemarray":
		return workitem.Map{}, nil
	case forms == 0 && (is == "" || is == "xs:string"):
		return nil, nil //nolint:nilnil // no value, no error
	}
	if o.typed {
		*typ = is
	}
	v, ok := typedValue(*typ, o.text)
	if !ok || !o.texted {
		return nil, r.failAt(began, "not a value of the type %s", *typ)
	}
	return v, nil
}
