package document

import "bytes"

// value reads a value, nil if it is none.
func (r *xmlReader) value(depth int) (any, error) {
	r.count.values++
	if err := r.within(); err != nil {
		return nil, err
	}
	if given, _ := r.attribute(instanceNamespace, "nil"); len(given) > 0 {
		if isNil, _ := parseXMLBool(string(bytes.TrimSpace(given))); isNil {
			return nil, r.nothing()
		}
	}
	name, ok := r.attribute(instanceNamespace, "type")
	if !ok {
		return r.untyped()
	}
	prefix, local, ok := cutPrefix(bytes.Trim(name, " \t\r\n"))
	space, declared := r.namespace(prefix)
	switch {
	case !ok || !declared:
	case space == schemaNamespace:
		return r.simple(local)
	case space == "" && string(local) == "xmlItemArray":
		return r.mapOf(depth)
	case space == "" && string(local) == "xmlItem":
		return r.values(depth)
	}
	return nil, r.failAt(r.began, "the type %s is not known", name)
}

// nothing reads a value that says it is nil.
func (r *xmlReader) nothing() error {
	began := r.began
	text, err := r.content()
	if err == nil && !isBlank(text) {
		return r.failAt(began, "a value that is nil has a text")
	}
	return err
}

// untyped reads a value without a type: a text, unless it is empty.
func (r *xmlReader) untyped() (any, error) {
	text, err := r.content()
	if err != nil || isBlank(text) {
		return nil, err
	}
	return string(text), nil
}

func (r *xmlReader) simple(typ []byte) (any, error) {
	began := r.began
	text, err := r.content()
	if err != nil {
		return nil, err
	}
	v, ok, known := schemaValue(typ, text)
	switch {
	case !known:
		return nil, r.failAt(began, "the type xs:%s is not known", typ)
	case !ok:
		return nil, r.failAt(began, "not a value of the type xs:%s", typ)
	}
	return v, nil
}

// content reads the text of a value to its end. It is valid until the next one
// is read.
func (r *xmlReader) content() ([]byte, error) {
	r.keeps, r.kept = true, r.kept[:0]
	defer func() { r.keeps = false }()
	for {
		t, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case t == endTag:
			return r.kept, nil
		case t == startTag:
			return nil, r.failAt(r.began, "<%s> within the text of a value", r.local)
		}
	}
}
