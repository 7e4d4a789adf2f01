// Package internal holds the tests of the house itself: who may import whom. It
// must not hold code. Invariant: a package that is not on the map fails the build.
package internal
