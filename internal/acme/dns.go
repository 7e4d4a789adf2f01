package acme

import "github.com/caddyserver/certmagic"

// Provider proves names by records in their zone (DNS-01). It is nil in what we
// publish: there is a library for each of some hundred DNS services, and a build of
// one's own adds the one it needs (docs/install.md).
var Provider certmagic.DNSProvider
