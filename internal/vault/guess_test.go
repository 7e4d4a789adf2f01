package vault

import (
	"strings"
	"testing"
)

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::9%eth0": "2001:db8:1:2::/64", "": "unknown", "no address": "unknown"} {
		if got := Network(address); got != want {
			t.Errorf("%q counts for %q, want %q", address, got, want)
		}
	}
}

// TestEveryPlaceHasARate: a place without one would let everybody guess.
func TestEveryPlaceHasARate(t *testing.T) {
	for _, p := range []Place{PlaceSignIn, PlaceAPIKey, PlaceSecondFactor, PlaceStepUp, PlacePrelogin, PlaceHint, PlaceLetter, PlaceSignUp, PlaceSetupCode,
		PlaceInvitation, PlaceLink, PlaceSend, PlaceRefresh, PlaceAuthRequest} {
		r, ok := rates[p]
		if !ok || r.network.Free < 1 || r.network.MaxWait < r.network.Wait || r.network.Wait <= 0 || r.network.Every <= 0 {
			t.Errorf("%s has %+v", p, r)
		}
		for _, g := range []Guess{{Place: p, Address: "192.0.2.7"}, {Place: p, Account: "a@example.com", Address: "192.0.2.7"}} {
			for _, b := range g.Buckets(Familiar{}, GuessLimits{}) {
				if b.Rate.Free < 1 || b.Rate.MaxWait > 60*60e9 {
					t.Errorf("%s: %+v", b.Name, b.Rate)
				}
			}
		}
	}
	if len(rates) != 14 {
		t.Errorf("%d places have a rate; this test knows 14", len(rates))
	}
}

// TestStrangersCannotFillTheOwnersBucket: what a familiar device or network counts
// in has no bucket in common with anybody else.
func TestStrangersCannotFillTheOwnersBucket(t *testing.T) {
	g := Guess{Place: PlaceSignIn, Account: "A@example.com", Address: "192.0.2.7"}
	strangers := g.Buckets(Familiar{}, GuessLimits{})
	if len(strangers) != 2 || strangers[0].Rate.Free != 10 || strangers[1].Rate.Free != 200 || !strings.Contains(strangers[0].Name, "a@example.com") {
		t.Fatalf("%+v", strangers)
	}
	for _, f := range []Familiar{{Device: "d1"}, {Network: true}, {Device: "d1", Network: true}, {Device: "d2"}} {
		own := g.Buckets(f, GuessLimits{})
		if len(own) != 1 || own[0].Rate.Free != 10 {
			t.Errorf("%+v counts in %+v", f, own)
		}
		for _, b := range strangers {
			if own[0].Name == b.Name {
				t.Errorf("%+v shares %q with strangers", f, b.Name)
			}
		}
	}
	if bs := g.Buckets(Familiar{}, GuessLimits{Account: 3, Network: 5}); bs[0].Rate.Free != 3 || bs[1].Rate.Free != 5 {
		t.Errorf("the settings do not count: %+v", bs)
	}
	if bs := (Guess{Place: PlaceRefresh, Address: "192.0.2.7"}).Buckets(Familiar{Network: true}, GuessLimits{}); len(bs) != 1 || !strings.Contains(bs[0].Name, "network") {
		t.Errorf("%+v", bs)
	}
}
