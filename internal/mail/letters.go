package mail

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"time"
)

// Letter is a message in both forms.
type Letter struct{ Subject, Text, HTML string }

//go:embed letter.html
var page string

var htmlPage = template.Must(template.New("letter").Parse(page))

// content is what every letter is made of: paragraphs, then a link or a code, then
// what to do when it was not expected.
type content struct {
	Subject string
	Lines   []string
	Link    string
	Button  string
	Code    string
	After   string
}

func (c content) letter() Letter {
	var html bytes.Buffer
	if err := htmlPage.Execute(&html, c); err != nil {
		panic(err) // the template is ours
	}
	text := strings.Join(c.Lines, "\n\n")
	for _, s := range []string{c.Link, c.Code, c.After} {
		if s != "" {
			text += "\n\n" + s
		}
	}
	return Letter{c.Subject, text + "\n", html.String()}
}

const notYou = "If this was not you, ignore this letter."

// VerifyEmail brings the link with which somebody goes on to register.
func VerifyEmail(link string) Letter {
	return content{Subject: "Finish your account", Lines: []string{"Somebody, hopefully you, wants to make an account with this address."},
		Link: link, Button: "Go on", After: notYou}.letter()
}

// Invitation brings the link with which somebody who was asked makes an account.
func Invitation(link string, until time.Time) Letter {
	return content{Subject: "You are invited to Strongroom", Lines: []string{"An administrator invites you to keep your passwords in this Strongroom.",
		"The link works once, until " + until.UTC().Format("2006-01-02 15:04 MST") + "."}, Link: link, Button: "Make my account",
		After: "If you do not know what this is about, ignore this letter."}.letter()
}

// NewDevice tells of a sign-in from a device that was not known.
func NewDevice(device, address string, at time.Time) Letter {
	return content{Subject: "A new device signed in", Lines: []string{"Your account was just used on a new device.", "Device: " + device, "Address: " + address,
		"Time: " + at.UTC().Format("2006-01-02 15:04 MST")}, After: "If this was not you, change your master password and sign out all sessions."}.letter()
}

// FactorsChanged tells of a second factor that was added or removed; kind is its name.
func FactorsChanged(kind string, removed bool, address string, at time.Time) Letter {
	c := content{Subject: "A second factor was added", After: "If this was not you, change your master password and sign out all sessions."}
	if removed {
		c.Subject = "A second factor was removed"
	}
	c.Lines = []string{c.Subject + " on your account.", "Kind: " + kind, "Address: " + address, "Time: " + at.UTC().Format("2006-01-02 15:04 MST")}
	return c.letter()
}

// FactorsReset tells that an administrator took somebody's second factors away.
func FactorsReset(at time.Time) Letter {
	return content{Subject: "Your second factors were reset", Lines: []string{"An administrator took all second factors off your account. Until you set one up again, the password alone signs in.",
		"Time: " + at.UTC().Format("2006-01-02 15:04 MST")}, After: "If you did not ask for this, tell your administrators now, and change your master password."}.letter()
}

// Hint answers somebody who forgot the master password; "" when none was set.
func Hint(hint string) Letter {
	c := content{Subject: "Your master password hint", Lines: []string{"You, or somebody else, asked for the hint to your master password."}, After: notYou}
	if hint == "" {
		c.Lines = append(c.Lines, "You did not set a hint. Nobody can recover the master password for you.")
	} else {
		c.Lines, c.Code = append(c.Lines, "Your hint is:"), hint
	}
	return c.letter()
}

// DeleteAccount brings the link that deletes an account.
func DeleteAccount(link string) Letter {
	return content{Subject: "Delete your account", Lines: []string{"Somebody, hopefully you, asked to delete your account. With this link it and all that is in it are gone for good."},
		Link: link, Button: "Delete the account", After: notYou}.letter()
}

// Code brings a code to be typed; purpose completes "You need this code to ...".
func Code(code, purpose string) Letter {
	return content{Subject: "Your code: " + code, Lines: []string{"You need this code to " + purpose + ":"}, Code: code, After: notYou}.letter()
}

// Test shows an administrator that letters arrive.
func Test() Letter {
	return content{Subject: "Mail works", Lines: []string{"An administrator of this Strongroom had it send this letter, to see whether mail works. It does."}}.letter()
}
