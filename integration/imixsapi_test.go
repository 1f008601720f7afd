package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// imixsForm is one of the forms in which clients of Imixs speak, and what they
// send and see in it.
type imixsForm struct {
	media string
	// document is a body, with an item amount.
	document string
	// none is an empty collection, entries is one of two entries, and locked one
	// of the first entry while it is locked.
	none, entries, locked string
}

const (
	xmlData = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<data xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	xmlDocument = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<document xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`
)

var imixsForms = map[string]imixsForm{
	"XML": {
		media:    formXML,
		document: xmlDocument + `<item name="amount"><value xsi:type="xs:int">500</value></item></document>`,
		none:     xmlData + `/>`,
		entries: xmlData + `>
			<document>
				<item name="created"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="data"><value xsi:type="xmlItemArray"><item name="amount"><value xsi:type="xs:int">500</value></item></value></item>
				<item name="id"><value xsi:type="xs:string">ID</value></item>
				<item name="ref"><value xsi:type="xs:string">4711</value></item>
				<item name="timeout"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="topic"><value xsi:type="xs:string">order.paid</value></item>
			</document>
			<document>
				<item name="created"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="id"><value xsi:type="xs:string">ID</value></item>
				<item name="ref"><value xsi:type="xs:string">4712</value></item>
				<item name="timeout"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="topic"><value xsi:type="xs:string">order.sent</value></item>
			</document>
		</data>`,
		locked: xmlData + `>
			<document>
				<item name="created"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="data"><value xsi:type="xmlItemArray"><item name="amount"><value xsi:type="xs:int">500</value></item></value></item>
				<item name="id"><value xsi:type="xs:string">ID</value></item>
				<item name="lock.expires"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="lock.owner"><value xsi:type="xs:string">anonymous</value></item>
				<item name="ref"><value xsi:type="xs:string">4711</value></item>
				<item name="timeout"><value xsi:type="xs:dateTime">TIME</value></item>
				<item name="topic"><value xsi:type="xs:string">order.paid.lock</value></item>
			</document>
		</data>`,
	},
	"JSON": {
		media:    formJSON,
		document: `{"item":[{"name":"amount","value":[500]}]}`,
		none:     `{"document":[]}`,
		entries: `{"document":[
			{"item":[
				{"name":"created","value":["TIME"]},
				{"name":"data","value":[[{"name":"amount","value":[500]}]]},
				{"name":"id","value":["ID"]},
				{"name":"ref","value":["4711"]},
				{"name":"timeout","value":["TIME"]},
				{"name":"topic","value":["order.paid"]}
			]},
			{"item":[
				{"name":"created","value":["TIME"]},
				{"name":"id","value":["ID"]},
				{"name":"ref","value":["4712"]},
				{"name":"timeout","value":["TIME"]},
				{"name":"topic","value":["order.sent"]}
			]}
		]}`,
		locked: `{"document":[
			{"item":[
				{"name":"created","value":["TIME"]},
				{"name":"data","value":[[{"name":"amount","value":[500]}]]},
				{"name":"id","value":["ID"]},
				{"name":"lock.expires","value":["TIME"]},
				{"name":"lock.owner","value":["anonymous"]},
				{"name":"ref","value":["4711"]},
				{"name":"timeout","value":["TIME"]},
				{"name":"topic","value":["order.paid.lock"]}
			]}
		]}`,
	},
}

// imixs is a client of Imixs in one of its forms.
func (c *cluster) imixs(form imixsForm) *client {
	return &client{t: c.t, api: c.api, accept: form.media, contentType: form.media}
}

// TestTheEventLogOfImixs goes through every row of the original's table, with the
// requests of its client.
func TestTheEventLogOfImixs(t *testing.T) {
	t.Parallel()
	for name, form := range imixsForms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imixs := newCluster(t, time.Minute).imixs(form)
			imixs.get("/api/eventlog/").is(http.StatusOK).says(form.none)
			imixs.get("/api/eventlog/order.paid").is(http.StatusOK).says(form.none)

			// PUT with a document, and without.
			id := imixs.created("order.paid/4711", form.document)
			imixs.created("order.sent/4712", "")
			both := imixs.get("/api/eventlog/").is(http.StatusOK)
			both.says(form.entries)
			require.Equal(t, form.media, both.header.Get("Content-Type"))
			imixs.get("/api/eventlog/order.paid~order.sent").is(http.StatusOK).says(form.entries)
			imixs.get("/api/eventlog/order.paid~order.sent?maxCount=10").is(http.StatusOK).says(form.entries)

			// The name of the lock is a part of the topic.
			imixs.post("/api/eventlog/lock/" + id).is(http.StatusOK).empty()
			imixs.get("/api/eventlog/order.paid").is(http.StatusOK).says(form.none)
			imixs.get("/api/eventlog/order.paid.lock").is(http.StatusOK).says(form.locked)
			imixs.post("/api/eventlog/lock/" + id).is(http.StatusConflict)

			imixs.post("/api/eventlog/unlock/" + id).is(http.StatusOK).empty()
			imixs.get("/api/eventlog/order.paid.lock").is(http.StatusOK).says(form.none)
			imixs.get("/api/eventlog/order.paid~order.sent~").is(http.StatusOK).says(form.entries)

			// Its client ends the topics with a ~.
			imixs.post("/api/eventlog/lock/" + id).is(http.StatusOK)
			imixs.post("/api/eventlog/release/60000/order.paid~order.sent~").is(http.StatusNoContent).empty()
			imixs.get("/api/eventlog/order.paid.lock").is(http.StatusOK).says(form.locked)
			imixs.post("/api/eventlog/release/0/order.paid~order.sent~").is(http.StatusNoContent).empty()
			imixs.get("/api/eventlog/order.paid~order.sent").is(http.StatusOK).says(form.entries)

			imixs.ask(http.MethodDelete, "/api/eventlog/"+id, "").is(http.StatusNoContent).empty()
			imixs.get("/api/eventlog/order.paid").is(http.StatusOK).says(form.none)
			imixs.get("/api/logout").is(http.StatusNoContent)
		})
	}
}

// The client of Imixs sends a document without items if it is given none.
func TestADocumentWithoutItemsIsNoData(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for form, body := range map[string]string{"XML": xmlDocument + "</document>", "JSON": `{"item":[]}`} {
		imixs := c.imixs(imixsForms[form])
		imixs.created("nothing/"+form, body)
		require.NotContains(t, imixs.get("/api/eventlog/nothing?ref="+form).is(http.StatusOK).body, `"data"`)
	}
}

// Entries are in the order of their creation, whatever their time, and as many
// as in the original.
func TestThePagesOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	_, err := c.pool.Exec(t.Context(), `
		INSERT INTO eventlog (topic, ref, created, due)
		SELECT 'many', 'r' || i, now() + i * interval '1 ms', now() + (500 - i) * interval '1 h'
		FROM generate_series(0, 249) i`)
	require.NoError(t, err)
	imixs := c.imixs(imixsForms["JSON"])
	for path, want := range map[string]struct{ first, count int }{
		"/":                            {0, 100},
		"":                             {0, 100},
		"/?pageSize=10":                {0, 10},
		"/?pageIndex=1":                {100, 100},
		"/?pageIndex=2":                {200, 50},
		"/?pageSize=30&pageIndex=8":    {240, 10},
		"/?pageSize=30&pageIndex=9":    {0, 0},
		"/many":                        {0, 99},
		"/many?maxCount=3":             {0, 3},
		"/many?maxCount=-1":            {0, 250},
		"/many~none?maxCount=100000":   {0, 250},
		"/many?pageSize=7":             {0, 7},
		"/many?pageSize=7&pageIndex=2": {14, 7},
	} {
		body := imixs.get("/api/eventlog" + path).is(http.StatusOK).body
		require.Equal(t, want.count, strings.Count(body, `{"item":`), path)
		var refs []string
		for i := range want.count {
			refs = append(refs, fmt.Sprintf("r%d", want.first+i))
		}
		require.Equal(t, refs, valuesOf(body, "ref"), path)
	}
}

// valuesOf are the texts of an item in a collection in Imixs' JSON, one of each
// document.
func valuesOf(body, item string) (texts []string) {
	for _, part := range strings.Split(body, `{"name":"`+item+`","value":["`)[1:] {
		text, _, _ := strings.Cut(part, `"`)
		texts = append(texts, text)
	}
	return texts
}
