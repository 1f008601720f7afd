package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

// A user file is read or refused with a line, and nothing of a password or a hash
// is in the error.
func FuzzUsers(f *testing.F) {
	f.Add("anna:" + horseHash + ":a,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "users")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour))) // or it would be waited for
		_, err := auth.NewPasswords(auth.PasswordsConfig{File: path})
		var fault *auth.FileError
		switch {
		case err == nil:
			require.Contains(t, text, "$2")
		case !errors.As(err, &fault):
			require.Fail(t, "no FileError", err)
		default:
			require.NotEmpty(t, fault.Reason)
			require.NotContains(t, fault.Reason, "$2")
		}
	})
}

// Rules are read or refused with a line, and rules that are read never give
// somebody without a name anything.
func FuzzTopics(f *testing.F) {
	f.Add("order.* create,read shop,@EDITOR\n* read *\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := auth.ParseTopics("rules", strings.NewReader(text))
		if err != nil {
			var fault *auth.FileError
			require.ErrorAs(t, err, &fault)
			return
		}
		caller := auth.Caller{Name: "anna", Names: []string{"anna"}}
		for _, topic := range []string{"", "order.new", "async.event", text} {
			require.False(t, rules.May(auth.Caller{}, auth.Read, topic))
			require.True(t, rules.May(auth.Caller{Name: "m", Level: auth.Manager}, auth.Manage, topic))
			if rules.MayAll(caller, auth.Consume) {
				require.True(t, rules.May(caller, auth.Consume, topic))
			}
		}
	})
}
