package integration

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// door is where a body comes in.
type door struct{ method, path string }

var (
	entryDoor    = door{http.MethodPut, "/api/eventlog/t/r"}
	workitemDoor = door{http.MethodPost, "/api/workflow/workitem"}
	typedDoor    = door{http.MethodPost, "/api/workflow/workitem/typed"}
	listDoor     = door{http.MethodPut, "/api/workflow/workitems"}
	modelDoor    = door{http.MethodPost, "/api/model/bpmn"}
)

// badBody is a body that no door lets in. Without a code it has that of items, or,
// since an entry may have any JSON, that of entries.
type badBody struct {
	what, contentType, body string
	status                  int
	code                    string
}

func (v *victim) repelsBody(t *testing.T, c *client, b badBody, doors ...door) {
	t.Helper()
	for _, d := range doors {
		a := attack{
			what: b.what + " to " + d.path, method: d.method, path: d.path,
			contentType: b.contentType, body: b.body, status: b.status, code: cmp.Or(b.code, badItem),
		}
		if b.code == "" && d == entryDoor {
			a.or = "INVALID_ENTRY"
		}
		v.repels(t, c, a)
	}
}

const (
	invalid = http.StatusBadRequest
	badItem = "INVALID_WORKITEM"
)

func xmlItem(value string) string {
	return xmlDocument + `<item name="a"><value xsi:type="xs:string">` + value + `</value></item></document>`
}

// Documents in the forms of Imixs that cannot be read without losing something.
func TestBadDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	for _, b := range []badBody{
		{"U+0000 as a reference", formXML, xmlItem("a&#0;b"), invalid, badItem},
		{"U+0000 as a hexadecimal reference", formXML, xmlItem("a&#x0;b"), invalid, badItem},
		{"raw U+0000", formXML, xmlItem("a\x00b"), invalid, badItem},
		{"no UTF-8", formXML, xmlItem("a\xffb"), invalid, badItem},
		{"half a pair", formXML, xmlItem("&#xD800;"), invalid, badItem},
		{"another encoding", formXML, `<?xml version="1.0" encoding="UTF-7"?><document/>`, invalid, badItem},
		{"UTF-16", formXML, "\xff\xfe<\x00d\x00", invalid, badItem},
		{"cut off", formXML, xmlItem("a")[:200], invalid, badItem},
		{"another root", formXML, `<html/>`, invalid, badItem},
		{"no number", formXML, strings.ReplaceAll(xmlItem("abc"), "xs:string", "xs:int"), invalid, badItem},
		{"no date", formXML, strings.ReplaceAll(xmlItem("yesterday"), "xs:string", "xs:dateTime"), invalid, badItem},
		{"large number", formXML, strings.ReplaceAll(xmlItem("9223372036854775808"), "xs:string", "xs:long"), invalid, badItem},
		{"text behind", formXML, xmlItem("a") + "x", invalid, badItem},
		{"JSON as XML", formXML, `{"item":[]}`, invalid, badItem},
		{"escaped U+0000", formJSON, `{"item":[{"name":"a","value":["a\u0000b"]}]}`, invalid, badItem},
		{"raw U+0000 in JSON", formJSON, "{\"item\":[{\"name\":\"a\",\"value\":[\"a\x00b\"]}]}", invalid, ""},
		{"no UTF-8 in JSON", formJSON, "{\"item\":[{\"name\":\"a\",\"value\":[\"a\xffb\"]}]}", invalid, badItem},
		{"half a pair in JSON", formJSON, `{"item":[{"name":"a","value":["\ud800"]}]}`, invalid, badItem},
		{"typed U+0000", formJSON, `{"item":[{"name":"a","value":{"@type":"xs:string","$":"\u0000"}}]}`, invalid, badItem},
		{"no number in JSON", formJSON, `{"item":[{"name":"a","value":{"@type":"xs:int","$":"abc"}}]}`, invalid, badItem},
		{"large integer", formJSON, `{"item":[{"name":"a","value":[9223372036854775808]}]}`, invalid, badItem},
		{"no name", formJSON, `{"item":[{"name":"","value":[1]}]}`, invalid, badItem},
	} {
		v.repelsBody(t, v.native(), b, entryDoor, workitemDoor, typedDoor, listDoor)
	}
	for _, contentType := range []string{"", "text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "application/json/x", ";;", "application/xml, application/json"} {
		b := badBody{"content type " + strconv.Quote(contentType), contentType, `{"item":[]}`, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"}
		v.repelsBody(t, v.native(), b, entryDoor, workitemDoor, listDoor)
	}
	v.repelsBody(t, v.native(), badBody{"two documents", formJSON, `{"document":[{"item":[]},{"item":[]}]}`, invalid, "INVALID_REQUEST"}, workitemDoor)
	v.repelsBody(t, v.native(), badBody{"no documents", formJSON, `{"document":[]}`, invalid, "INVALID_REQUEST"}, workitemDoor, listDoor)
	v.repelsBody(t, v.native(), badBody{"101 documents", formJSON, `{"document":[` + strings.Repeat(`{"item":[]},`, 100) + `{"item":[]}]}`, invalid, "INVALID_REQUEST"}, listDoor)
}

// Bodies in our own form, fields of a form, and models.
func TestOtherBadBodiesAreRefused(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	for _, b := range []badBody{
		{"escaped U+0000", formNative, `{"a":"x\u0000y"}`, invalid, badItem},
		{"name with U+0000", formNative, `{"a\u0000":1}`, invalid, badItem},
		{"name twice", formNative, `{"a":1,"A":2}`, invalid, badItem},
		{"large integer", formNative, `{"a":9223372036854775808}`, invalid, badItem},
		{"no object", formNative, `[1,2]`, invalid, badItem},
		{"fields with U+0000", formFields, `a=%00`, invalid, "INVALID_REQUEST"},
		{"field named U+0000", formFields, `%00=a`, invalid, "INVALID_REQUEST"},
		{"fields without UTF-8", formFields, `a=%ff`, invalid, "INVALID_REQUEST"},
		{"fields that are none", formFields, `a=%zz`, invalid, "INVALID_REQUEST"},
		{"long $uniqueid", formNative, `{"$uniqueid":"` + strings.Repeat("x", 256) + `"}`, invalid, "INVALID_REQUEST"},
	} {
		v.repelsBody(t, v.native(), b, workitemDoor)
	}
	for what, body := range map[string]string{
		"raw U+0000": "{\"a\":\"\x00\"}", "no UTF-8": "{\"a\":\"\xff\"}", "cut off": `{"a":`, "more behind": `{} {}`, "empty number": `{"a":-}`, "comma": `{"a":1,}`,
	} {
		v.repelsBody(t, v.native(), badBody{what, formNative, body, invalid, badItem}, workitemDoor)
		v.repelsBody(t, v.native(), badBody{what, formNative, body, invalid, "INVALID_ENTRY"}, entryDoor)
	}
	v.repelsBody(t, v.native(), badBody{"escaped U+0000", formNative, `{"a":"\u0000"}`, invalid, "INVALID_ENTRY"}, entryDoor)
	v.repelsBody(t, v.native(), badBody{"fields", formFields, `a=b`, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"}, entryDoor)
	v.repelsBody(t, v.native(), badBody{"too much for a topic that is published", formNative, `"` + strings.Repeat("x", 600<<10) + `"`, invalid, "INVALID_ENTRY"}, entryDoor)
	for _, body := range []string{"", "no model", "<a/>", "<definitions>", "\x00\x00", `<?xml version="1.0" encoding="UTF-16"?><a/>`} {
		v.repelsBody(t, v.native(), badBody{"model " + strconv.Quote(body), formXML, body, invalid, "INVALID_MODEL"}, modelDoor)
	}
}

// maxMemory is what the API may have taken after all of this, in MB. A body has 8
// MB, a text with as many values as are allowed some 100 MB.
const maxMemory = 400

// Bodies that are made to cost much more than they are long.
func TestBombsDoNotGoOff(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	api, native := v.anotherAPI()
	var laughs strings.Builder
	laughs.WriteString(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&laughs, `<!ENTITY a%d %q>`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	nested := func(open, inner, end string, levels int) string {
		return strings.Repeat(open, levels) + inner + strings.Repeat(end, levels)
	}
	var attributes strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&attributes, " a%x=''", i)
		if attributes.Len() > 7<<20 {
			break
		}
	}
	const large = http.StatusRequestEntityTooLarge
	for _, b := range []badBody{
		{"a billion laughs", formXML, laughs.String() + "]><document><item name='a'><value>&a30;</value></item></document>", invalid, badItem},
		{"quadratic", formXML, `<!DOCTYPE a [<!ENTITY a "` + strings.Repeat("x", 1<<20) + `">]><document>` + strings.Repeat("&a;", 1<<18) + "</document>", invalid, badItem},
		{"a file", formXML, `<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><document><item name="a"><value>&a;</value></item></document>`, invalid, badItem},
		{"an address", formXML, `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><document/>`, invalid, badItem},
		{"parameters", formXML, `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><document/>`, invalid, badItem},
		{"an entity that is none", formXML, xmlItem("&passwd;"), invalid, badItem},
		{"attributes", formXML, "<document><item" + attributes.String() + "></item></document>", invalid, badItem},
		{"namespaces", formXML, "<document" + strings.ReplaceAll(attributes.String(), " a", " xmlns:a")[:7<<20] + "'></document>", invalid, badItem},
		{"deep XML", formXML, xmlDocument + nested(`<item name="a"><value xsi:type="xmlItemArray">`, "", "</value></item>", 100_000) + "</document>", invalid, badItem},
		{"deep unknown XML", formXML, "<document>" + nested("<x>", "", "</x>", 1_000_000) + "</document>", invalid, badItem},
		{"many items", formXML, "<document>" + strings.Repeat(`<item name="a"/>`, 500_000) + "</document>", invalid, badItem},
		{"many values", formXML, `<document><item name="a">` + strings.Repeat("<value>1</value>", 500_000) + "</item></document>", invalid, badItem},
		{"many documents", formXML, "<data>" + strings.Repeat("<document/>", 700_000) + "</data>", invalid, badItem},
		{"deep JSON", formJSON, `{"item":[{"name":"a","value":` + nested("[", "", "]", 10_000) + "}]}", invalid, ""},
		{"deeper JSON", formJSON, `{"item":[{"name":"a","value":` + nested("[", "", "]", 1_000_000) + "}]}", invalid, ""},
		{"deep maps", formJSON, `{"item":[{"name":"a","value":` + nested(`[{"name":"a","value":`, "1", "}]", 300_000) + "}]}", invalid, ""},
		{"deep objects", formJSON, nested(`{"item":`, "1", "}", 500_000), invalid, ""},
		{"deep and open", formJSON, strings.Repeat("[", 8_000_000), invalid, ""},
		{"deep collections", formJSON, nested(`{"document":[`, "", "]}", 400_000), invalid, ""},
		{"many items in JSON", formJSON, `{"item":[` + strings.Repeat(`{"name":"a"},`, 500_000) + `{"name":"a"}]}`, invalid, badItem},
		{"many values in JSON", formJSON, `{"item":[{"name":"a","value":[` + strings.Repeat("1,", 3_000_000) + "1]}]}", invalid, badItem},
		{"deep items", formNative, `{"a":` + nested("[", "", "]", 10_000) + "}", invalid, ""},
		{"deeper items", formNative, `{"a":` + nested("[", "", "]", 1_000_000) + "}", invalid, ""},
		{"deep maps of items", formNative, nested(`{"a":`, "1", "}", 1_000_000), invalid, ""},
		{"many items of ours", formNative, `{` + manyMembers(600_000) + `}`, invalid, ""},
		{"many values of ours", formNative, `{"a":[` + strings.Repeat("1,", 3_000_000) + "1]}", invalid, ""},
		{"large XML", formXML, xmlItem(strings.Repeat("x", 9<<20)), large, "BODY_TOO_LARGE"},
		{"large JSON", formJSON, `{"item":[{"name":"a","value":["` + strings.Repeat("x", 9<<20) + `"]}]}`, large, "BODY_TOO_LARGE"},
		{"large items", formNative, `{"a":"` + strings.Repeat("x", 9<<20) + `"}`, large, "BODY_TOO_LARGE"},
	} {
		v.repelsBody(t, native, b, entryDoor, workitemDoor, listDoor)
	}
	v.repelsBody(t, native, badBody{"large fields", formFields, "a=" + strings.Repeat("x", 9<<20), large, "BODY_TOO_LARGE"}, workitemDoor)
	v.repelsBody(t, native, badBody{"large model", formXML, strings.Repeat("<a>", 7<<20), large, "BODY_TOO_LARGE"}, modelDoor)
	v.repelsBody(t, native, badBody{"laughing model", formXML, laughs.String() + "]><a>&a30;</a>", invalid, "INVALID_MODEL"}, modelDoor)
	v.repelsBody(t, native, badBody{"deep model", formXML, nested("<a>", "", "</a>", 1_000_000), invalid, "INVALID_MODEL"}, modelDoor)
	most := memory(t, api, "VmHWM")
	require.Less(t, most, maxMemory)
	t.Logf("the API took %d MB at most, and has %d MB", most, memory(t, api, "VmRSS"))
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return strings.Join(members, ",")
}

// memory is a figure of a process's memory in MB; 0 where there is no /proc.
func memory(t *testing.T, p *program, figure string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	found := regexp.MustCompile(figure + `:\s+([0-9]+) kB`).FindSubmatch(status)
	require.NotNil(t, found, "%s", status)
	kilobytes, err := strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	return kilobytes >> 10
}
