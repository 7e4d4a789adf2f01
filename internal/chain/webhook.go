package chain

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"strongroom/internal/vault"
)

// Poster sends a body to an address and returns the answer's status.
type Poster interface {
	Post(ctx context.Context, address, contentType string, headers map[string]string, body []byte) (status int, err error)
}

// Webhook posts lines to an address as JSON Lines, signed. A line has arrived when
// the answer is 2xx; until then it is sent again, so a receiver may see one twice
// and tells by its id.
type Webhook struct {
	URL    string
	Secret []byte
	Out    Poster
	Now    func() time.Time
}

// Name is the stream's name in the database.
func (w *Webhook) Name() string { return "webhook" }

// SignatureHeader carries when a body was sent and the keyed hash of both.
const SignatureHeader = "Strongroom-Signature"

// Sign is the value of SignatureHeader: t=<Unix seconds>,v1=<hex of
// HMAC-SHA256(secret, t + "." + body)>. The time lets a receiver refuse what is old.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// Send posts one batch.
func (w *Webhook) Send(ctx context.Context, es []vault.Event) error {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	var b bytes.Buffer
	for _, e := range es {
		b.Write(e.Line().JSON())
		b.WriteByte('\n')
	}
	status, err := w.Out.Post(ctx, w.URL, "application/x-ndjson", map[string]string{SignatureHeader: Sign(w.Secret, w.Now(), b.Bytes())}, b.Bytes())
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("the webhook answered %d", status)
	}
	return err
}
