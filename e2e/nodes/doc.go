// Package nodes tests several nodes of the built binary on one database behind the
// proxies that we ship configurations for: real ones, which scripts/prepare installs.
package nodes
