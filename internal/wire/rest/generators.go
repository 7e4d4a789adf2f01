package rest

import (
	"context"

	"strongroom/internal/generate"
	"strongroom/internal/vault"
)

type generatePasswordIn struct {
	Length           int  `query:"length" minimum:"6" maximum:"128" default:"20"`
	UseSpecial       bool `query:"use_special" default:"true"`
	Upper            bool `query:"upper" default:"true"`
	Lower            bool `query:"lower" default:"true"`
	Digits           bool `query:"digits" default:"true"`
	MinDigits        int  `query:"min_digits" minimum:"0" maximum:"128" default:"1"`
	MinSpecial       int  `query:"min_special" minimum:"0" maximum:"128" default:"1"`
	ExcludeAmbiguous bool `query:"exclude_ambiguous" doc:"Leave out characters that look alike, such as l, 1 and I"`
}

type generatePassphraseIn struct {
	Words      int    `query:"words" minimum:"3" maximum:"20" default:"6"`
	Separator  string `query:"separator" maxLength:"8" default:"-"`
	Capitalize bool   `query:"capitalize"`
	Number     bool   `query:"number" doc:"Put a digit at the end of one word"`
}

type generateUsernameIn struct {
	Style string `query:"style" enum:"word,random,plus" default:"word" doc:"A word and digits, random letters, or your address with a suffix"`
	Email string `query:"email" maxLength:"254" doc:"With style=plus: the address to put the suffix into"`
}

type generatedPasswordOut struct {
	Body struct {
		Password string `json:"generated_password" example:"q7M!tz0Vw#e2Lc-8YdKp"`
	}
}

type generatedPassphraseOut struct {
	Body struct {
		Passphrase string `json:"generated_passphrase" example:"unmixed-gauze-eldest-rehab-onto-sprig"`
	}
}

type generatedUsernameOut struct {
	Body struct {
		Username string `json:"generated_username" example:"eldest4821"`
	}
}

func (d *Door) generateRoutes() {
	const how = "From the operating system's random source, without bias. Nothing is stored, so no sign-in is needed."
	register(d, route{method: "GET", path: "/generate-password", id: "generate-password", tag: "Generators", status: 200,
		summary: "Generate a password", detail: how, out: map[string]any{"generated_password": "q7M!tz0Vw#e2Lc-8YdKp"}},
		func(_ context.Context, _ vault.Caller, in *generatePasswordIn) (out *generatedPasswordOut, err error) {
			out = &generatedPasswordOut{}
			out.Body.Password, err = generate.Password{Length: in.Length, Special: in.UseSpecial, Upper: in.Upper, Lower: in.Lower, Digits: in.Digits,
				MinDigits: in.MinDigits, MinSpecial: in.MinSpecial, ExcludeAmbiguous: in.ExcludeAmbiguous}.Generate()
			return out, err
		})
	register(d, route{method: "GET", path: "/generate-passphrase", id: "generate-passphrase", tag: "Generators", status: 200,
		summary: "Generate a passphrase", detail: how, out: map[string]any{"generated_passphrase": "unmixed-gauze-eldest-rehab-onto-sprig"}},
		func(_ context.Context, _ vault.Caller, in *generatePassphraseIn) (out *generatedPassphraseOut, err error) {
			out = &generatedPassphraseOut{}
			out.Body.Passphrase, err = generate.Passphrase{Words: in.Words, Separator: in.Separator, Capitalize: in.Capitalize, Number: in.Number}.Generate()
			return out, err
		})
	register(d, route{method: "GET", path: "/generate-username", id: "generate-username", tag: "Generators", status: 200,
		summary: "Generate a user name", detail: how, out: map[string]any{"generated_username": "eldest4821"}},
		func(_ context.Context, _ vault.Caller, in *generateUsernameIn) (out *generatedUsernameOut, err error) {
			out = &generatedUsernameOut{}
			out.Body.Username, err = generate.Username{Style: in.Style, Email: in.Email}.Generate()
			return out, err
		})
}
