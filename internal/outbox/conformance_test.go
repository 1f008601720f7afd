package outbox_test

import (
	"testing"

	"github.com/postlude/postlude/internal/outboxtest"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestService(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T) outboxtest.Service {
		t.Helper()
		return outboxtest.Functions(postgrestest.New(t).Pool)
	})
}
