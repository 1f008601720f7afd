// Package openid proves tokens of an OpenID Connect provider: JWTs that are signed
// with one of the keys it publishes.
//
// A token is accepted if its signature is by a key of the provider, by one of the
// algorithms allowed, none of them symmetric; if it is of the issuer and for the
// audience; and if it has not expired. The keys are fetched when they are first
// needed, again when a token names one that is not known, and from time to time,
// so that a key that the provider withdraws is not trusted for ever. A provider
// that is away makes nobody wrong: tokens whose keys are known are proved for a
// while without it, and others are not refused but cannot be checked.
//
// It is a package of its own because it needs a library that programs which serve
// only their own machine need not carry.
package openid
