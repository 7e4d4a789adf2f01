package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Credentials are those of one account of the storage.
type Credentials struct{ Region, KeyID, Secret string }

const (
	algorithm = "AWS4-HMAC-SHA256"
	longTime  = "20060102T150405Z"
	shortTime = "20060102"
)

// sign adds Signature Version 4 over method, path, query, body and every header
// that r has by now ("Authenticating Requests", Amazon S3 API reference).
func (c Credentials) sign(r *http.Request, body []byte, now time.Time) {
	now = now.UTC()
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", payload)
	r.Header.Set("X-Amz-Date", now.Format(longTime))
	names, headers := canonicalHeaders(r)
	canonical := strings.Join([]string{r.Method, r.URL.EscapedPath(), canonicalQuery(r.URL.Query()), headers, names, payload}, "\n")
	hashed := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{now.Format(shortTime), c.Region, "s3", "aws4_request"}, "/")
	key := []byte("AWS4" + c.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	signature := mac(key, strings.Join([]string{algorithm, now.Format(longTime), scope, hex.EncodeToString(hashed[:])}, "\n"))
	r.Header.Set("Authorization", algorithm+" Credential="+c.KeyID+"/"+scope+",SignedHeaders="+names+",Signature="+hex.EncodeToString(signature))
}

func mac(key []byte, s string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(s))
	return m.Sum(nil)
}

func canonicalHeaders(r *http.Request) (names, lines string) {
	all := map[string]string{"host": r.URL.Host}
	for k, v := range r.Header {
		all[strings.ToLower(k)] = strings.TrimSpace(strings.Join(v, ","))
	}
	var list []string
	for k := range all {
		list = append(list, k)
	}
	slices.Sort(list)
	for _, k := range list {
		lines += k + ":" + all[k] + "\n"
	}
	return strings.Join(list, ";"), lines
}

func canonicalQuery(q url.Values) string {
	var parts []string
	for k, vs := range q {
		for _, v := range vs {
			parts = append(parts, escape(k, false)+"="+escape(v, false))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// escape is the signature's own percent-encoding; slash leaves / as it is.
func escape(s string, slash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 || slash && c == '/' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}
