package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/workflow/plugin"
)

func TestKernelHasItsSettings(t *testing.T) {
	t.Setenv("POSTLUDE_PROPERTY_APP_BASE_URL", "https://example.com")
	t.Setenv("POSTLUDE_PROPERTY_", "nothing")
	t.Setenv("DATABASE_URL", "postgres://user:secret@host/name")

	kernel, err := app.Kernel{EventLogLimit: 7, Locale: "de-DE", TimeZone: "Europe/Berlin"}.New()
	require.NoError(t, err)
	require.Equal(t, 7, kernel.EventLogLimit)
	require.Equal(t, "de-DE", kernel.Locale)
	require.Equal(t, "Europe/Berlin", kernel.Zone.String())
	require.Len(t, kernel.Plugins, len(plugin.Known()))
	require.NotEmpty(t, kernel.Always)

	for _, key := range []string{"app.base-url", "APP_BASE_URL", "App.Base.Url"} {
		value, ok := kernel.Property(key)
		require.True(t, ok, key)
		require.Equal(t, "https://example.com", value)
	}
	for _, key := range []string{"", "DATABASE_URL", "other"} {
		_, ok := kernel.Property(key)
		require.False(t, ok, key)
	}
}

func TestKernelRefusesTheZoneOfTheMachine(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Local", "localtime"} {
		flags := app.Kernel{TimeZone: name}
		require.EqualError(t, flags.Validate(), `POSTLUDE_TIMEZONE: "`+name+`" may be another time zone on each machine; name one, such as Europe/Berlin`)
		_, err := flags.New()
		require.Error(t, err)
	}
}

func TestKernelRefusesAnUnknownZone(t *testing.T) {
	t.Parallel()
	flags := app.Kernel{TimeZone: "Europe/Atlantis"}
	require.ErrorContains(t, flags.Validate(), "POSTLUDE_TIMEZONE")
	_, err := flags.New()
	require.Error(t, err)
	zone, err := app.Kernel{}.Zone()
	require.NoError(t, err)
	require.Equal(t, "UTC", zone.String())
}
