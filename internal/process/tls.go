package process

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/reload"
)

// TLS are the flags of a listener that may be encrypted.
type TLS struct {
	Certificate string `name:"tls-cert" env:"POSTLUDE_API_TLS_CERT" placeholder:"FILE" help:"Serve TLS with this certificate and what leads to its root, as PEM; read again when it changes."`
	Key         string `name:"tls-key" env:"POSTLUDE_API_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate, as PEM."`
}

// Validate implements kong's hook.
func (t TLS) Validate() error {
	if (t.Certificate == "") != (t.Key == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	return nil
}

// Encrypts says whether there is a certificate.
func (t TLS) Encrypts() bool { return t.Certificate != "" }

// Listener returns the listener with TLS 1.2 or newer in front, or as it is if
// there is no certificate. Certificate and key are read again when they have
// changed; if they do not fit together the old ones go on. The error is that of
// reading them.
func (t TLS) Listener(listener net.Listener, log zerolog.Logger) (net.Listener, error) {
	if !t.Encrypts() {
		return listener, nil
	}
	pair, err := reload.New(reload.Config[*tls.Certificate]{
		Paths: []string{t.Certificate, t.Key},
		Load: func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
			return &pair, err
		},
		Report: func(err error) {
			if err != nil {
				log.Error().Err(err).Msg("changed certificate not read, the old one holds")
				return
			}
			log.Info().Msg("changed certificate read")
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.Get(), nil },
	}), nil
}
