package stream

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEncodeToken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":             "%",
		"plain-_$:@=+": "plain-_$:@=+",
		"~":            "~",
		"a.b":          "a%2Eb",
		"*":            "%2A",
		">":            "%3E",
		"a b\t":        "a%20b%09",
		"%":            "%25",
		"%2E":          "%252E",
		"ü":            "%C3%BC",
		"\x00\xff":     "%00%FF",
		"{{wildcard}}": "%7B%7Bwildcard%7D%7D",
	} {
		require.Equal(t, want, EncodeToken(text), "%q", text)
		back, err := DecodeToken(want)
		require.NoError(t, err, "%q", want)
		require.Equal(t, text, back)
	}
}

func TestDecodeTokenRefusesWhatNoTextIsEncodedAs(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "a.b", " ", "*", ">", "%2", "a%", "%%", "%2e", "%GG", "%41", "ü", "%25%"} {
		_, err := DecodeToken(token)
		require.ErrorIs(t, err, ErrToken, "%q", token)
	}
}

func TestEncodeTopic(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for topic, want := range map[string]string{
		"async.event":    "async.event",
		"topic":          "topic",
		"":               "%",
		".":              "%.%",
		"a..b":           "a.%.b",
		".a.":            "%.a.%",
		"a.*.>":          "a.%2A.%3E",
		"a b.ü":          "a%20b.%C3%BC",
		"a.%.b":          "a.%25.b",
		"invoice.sent":   "invoice.sent",
		"invoice%2Esent": "invoice%252Esent",
	} {
		got := encodeTopic(topic)
		require.Equal(t, want, got, "%q", topic)
		require.Empty(t, seen[got], "two topics have one subject")
		seen[got] = topic
	}
}

// FuzzToken: a token stands for one text and is one token of a subject.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", "a", "a.b", "*", ">", "%", "%25", "%2E", " ", "ü", "\x00", "\xff", "a%", "💥"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token := EncodeToken(text)
		require.NotEmpty(t, token)
		require.False(t, strings.ContainsFunc(token, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || strings.ContainsRune(".*>{}", r)
		}), "%q is no single token", token)
		back, err := DecodeToken(token)
		require.NoError(t, err)
		require.Equal(t, text, back)
		// The text taken for a token: there is no second token for anything.
		if decoded, err := DecodeToken(text); err == nil {
			require.Equal(t, text, EncodeToken(decoded))
		}
	})
}
