package rest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	offers := []form{formAny, formNative, formJSON, formXML, formTextXML}
	for accept, want := range map[string]form{
		"":                              formAny,
		" ":                             formAny,
		"*/*":                           formAny,
		"application/*":                 formAny,
		"application/xml":               formXML,
		"APPLICATION/XML":               formXML,
		"text/xml":                      formTextXML,
		"text/*":                        formTextXML,
		"application/json":              formJSON,
		"application/vnd.postlude+json": formNative,
		"application/json, */*":         formJSON,
		"application/json;q=0.5, */*":   formAny,
		"application/xml;q=0.9, application/json;q=0.8, */*;q=0.1":                  formXML,
		"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8":        formXML,
		"application/json;q=0, */*":                                                 formAny,
		"application/xml;charset=utf-8":                                             formXML,
		";;, application/xml":                                                       formXML,
		"application/json;q=2, application/xml;q=0.1":                               formXML,
		"application/xml;q=NaN, application/json;q=0.1":                             formJSON,
		"application/problem+json, application/vnd.postlude+json;q=0.9, text/plain": formNative,
	} {
		got, ok := negotiate(accept, offers)
		require.True(t, ok, accept)
		require.Equal(t, want, got, accept)
	}
	for _, accept := range []string{"text/html", "image/*", "application/json;q=0", "*/*;q=0", "json", ",", ";"} {
		_, ok := negotiate(accept, offers)
		require.False(t, ok, accept)
	}
}
