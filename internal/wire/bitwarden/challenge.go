package bitwarden

import (
	"encoding/json"
	"net/http"
	"strconv"

	"strongroom/internal/vault"
)

// challengeJSON asks for a second factor (PROTOCOL.md 4.5). Its members inside are
// strings where phones expect strings.
type challengeJSON struct {
	Error       string         `json:"error"`
	Description string         `json:"error_description"`
	Providers   []string       `json:"TwoFactorProviders"`
	Providers2  map[string]any `json:"TwoFactorProviders2"`
	Ticket      string         `json:"SsoEmail2faSessionToken,omitempty"`
	Email       string         `json:"Email,omitempty"`
	Policy      policyJSON     `json:"MasterPasswordPolicy"`
}

func challengeOf(c *vault.Challenge) challengeJSON {
	j := challengeJSON{Error: "invalid_grant", Description: "Two factor required.", Providers2: map[string]any{}, Ticket: c.Ticket, Email: c.Email,
		Policy: policyJSON{"masterPasswordPolicy"}}
	for _, o := range c.Offers {
		n := strconv.Itoa(providers[o.Kind])
		j.Providers = append(j.Providers, n)
		switch o.Kind {
		case vault.FactorEmail:
			j.Providers2[n] = map[string]string{"Email": o.Email}
		case vault.FactorYubiKey:
			j.Providers2[n] = map[string]string{"Nfc": strconv.FormatBool(o.NFC)}
		case vault.FactorWebAuthn:
			v, err := merged(o.Options, map[string]any{"status": "ok", "errorMessage": ""})
			if err != nil {
				panic(err) // our own types always encode
			}
			j.Providers2[n] = v
		default:
			j.Providers2[n] = nil
		}
	}
	return j
}

func challenge(w http.ResponseWriter, c *vault.Challenge) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	b, _ := json.Marshal(challengeOf(c)) // strings always encode
	w.Write(b)                           //nolint:errcheck // the client is gone
}

// secondOf reads what a token request says of the second factor. A number that no
// kind has is shown as one that is wrong.
func (d *Door) secondOf(f form, origin string) vault.Second {
	s := vault.Second{Code: f["twofactortoken"], Remember: f["twofactorremember"] == "1" || f["twofactorremember"] == "true",
		Device: f["deviceidentifier"], Name: f["devicename"], Origin: origin}
	if s.Code == "" {
		return s
	}
	n, err := strconv.Atoi(f["twofactorprovider"])
	if err != nil {
		n = -1
	}
	kind, ok := kindOf(n)
	if !ok {
		kind = vault.FactorPasskey // never a second step
	}
	s.Kind = kind
	return s
}
