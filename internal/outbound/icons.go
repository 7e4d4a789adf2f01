package outbound

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"strongroom/internal/fault"
)

// Icons finds the pictures of web sites and keeps them in Dir. What was not
// found is remembered too, for a shorter time.
type Icons struct {
	Client *Client
	Dir    string
	Now    func() time.Time

	mu      sync.Mutex
	running map[string]chan struct{} // a site is asked once, however many want its icon
	scheme  string                   // of sites; "" is https
}

// How long a picture and its absence are kept, and how large one and a page may be.
const (
	iconLife  = 30 * 24 * time.Hour
	noneLife  = 3 * 24 * time.Hour
	maxIcon   = 100 << 10
	maxPage   = 512 << 10
	maxTries  = 4
	maxAtOnce = 16
	maxDomain = 253
)

// ErrNoIcon says that a site has none, or is none.
var ErrNoIcon = fault.New(fault.NotFound, "no-icon", "There is no icon for this site.")

var (
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	linkTag    = regexp.MustCompile(`(?is)<link\b[^>]*>`)
	attribute  = regexp.MustCompile(`(?is)\b(rel|href)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)`)
)

// Domain reports whether a name can be a public web site's.
func Domain(name string) bool {
	if len(name) > maxDomain || !domainName.MatchString(name) {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for _, own := range []string{".localhost", ".local", ".internal", ".lan", ".home", ".corp", ".onion", ".arpa", ".test", ".invalid", ".example"} {
		if strings.HasSuffix(name, own) {
			return false
		}
	}
	return true
}

// Get returns a site's picture and its type, from the disk or from the site.
func (i *Icons) Get(ctx context.Context, domain string) ([]byte, string, error) {
	domain = strings.ToLower(domain)
	if !Domain(domain) {
		return nil, "", ErrNoIcon
	}
	sum := sha256.Sum256([]byte(domain))
	path := filepath.Join(i.Dir, hex.EncodeToString(sum[:]))
	for {
		if b, known := i.kept(path); known {
			return found(b)
		}
		if i.Client.Off() {
			return nil, "", ErrNoIcon
		}
		wait, mine := i.begin(domain)
		if wait == nil && !mine {
			return nil, "", errBusy
		}
		if mine {
			if b, known := i.kept(path); known { // by somebody who was ready between the two looks
				i.end(domain)
				return found(b)
			}
			b := i.fetch(ctx, domain)
			err := i.keep(path, b)
			i.end(domain)
			if err != nil {
				return nil, "", err
			}
			return found(b)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, "", ErrNoIcon
		}
	}
}

var errBusy = fault.New(fault.TooMany, "icons-busy", "Too many icons are being looked for. Try again shortly.").After(5 * time.Second)

func found(b []byte) ([]byte, string, error) {
	if kind := picture(b); kind != "" {
		return b, kind, nil
	}
	return nil, "", ErrNoIcon
}

// begin reports whether the caller is to fetch; if not, wait is closed when who
// does has done so, or is nil when too many do.
func (i *Icons) begin(domain string) (wait chan struct{}, mine bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if wait, ok := i.running[domain]; ok {
		return wait, false
	}
	if len(i.running) >= maxAtOnce {
		return nil, false
	}
	if i.running == nil {
		i.running = map[string]chan struct{}{}
	}
	i.running[domain] = make(chan struct{})
	return nil, true
}

func (i *Icons) end(domain string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	close(i.running[domain])
	delete(i.running, domain)
}

// kept reads what is on the disk; an empty file is a site without a picture.
func (i *Icons) kept(path string) (b []byte, known bool) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false
	}
	life := iconLife
	if info.Size() == 0 {
		life = noneLife
	}
	if i.Now().Sub(info.ModTime()) > life {
		return nil, false
	}
	b, err = io.ReadAll(io.LimitReader(f, maxIcon))
	return b, err == nil
}

func (i *Icons) keep(path string, b []byte) error {
	if err := os.MkdirAll(i.Dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(i.Dir, ".icon-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chtimes(tmp.Name(), i.Now(), i.Now())
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name()) //nolint:errcheck // the first error counts
	}
	return err
}

// fetch asks the site's page for its pictures, then the usual place; nil when
// there is none that can be shown.
func (i *Icons) fetch(ctx context.Context, domain string) []byte {
	scheme := i.scheme
	if scheme == "" {
		scheme = "https"
	}
	root := &url.URL{Scheme: scheme, Host: domain, Path: "/"}
	var tries []string
	if page, err := i.Client.Get(ctx, root.String(), maxPage); err == nil && page.Status == 200 {
		tries, root = candidates(page.Body, page.URL), page.URL
	}
	tries = append(tries[:min(len(tries), maxTries-1)], root.ResolveReference(&url.URL{Path: "/favicon.ico"}).String())
	for _, address := range tries {
		if a, err := i.Client.Get(ctx, address, maxIcon); err == nil && a.Status == 200 && picture(a.Body) != "" {
			return a.Body
		}
	}
	return nil
}

// candidates are the pictures that a page names for itself.
func candidates(page []byte, base *url.URL) (out []string) {
	for _, tag := range linkTag.FindAll(page, 50) {
		var rel, href string
		for _, m := range attribute.FindAllSubmatch(tag, 10) {
			v := html.UnescapeString(strings.Trim(string(m[2]), `"'`))
			if strings.EqualFold(string(m[1]), "rel") {
				rel = strings.ToLower(v)
			} else {
				href = v
			}
		}
		u, err := base.Parse(strings.TrimSpace(href))
		if href != "" && err == nil && strings.Contains(rel, "icon") && !strings.Contains(rel, "mask") {
			out = append(out, u.String())
		}
	}
	return out
}

// picture is the type that the first bytes say; SVG, which can hold a program, is none.
func picture(b []byte) string {
	for _, k := range []struct{ magic, kind string }{{"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF87a", "image/gif"}, {"GIF89a", "image/gif"},
		{"\x00\x00\x01\x00", "image/x-icon"}} {
		if bytes.HasPrefix(b, []byte(k.magic)) {
			return k.kind
		}
	}
	if len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}
