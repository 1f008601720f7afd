package pgserver

// account is the unprivileged user that runs the server in place of root.
// Windows has none: the server runs as ourselves.
type account struct{ name string }

func unprivileged() (*account, error) { return nil, nil }

func (*account) own(string) error { return nil }
