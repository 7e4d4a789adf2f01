package acmetest

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/libdns/libdns"
	"github.com/miekg/dns"
)

// Zone is a name server for example.com: every name in it is at 127.0.0.1, and its
// TXT records are those that were appended. It is a libdns provider.
type Zone struct {
	Address string // host:port, by TCP and UDP
	mu      sync.Mutex
	texts   map[string][]string
	Written int // records, in all
}

func newZone(t *testing.T) *Zone {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	z := &Zone{Address: ln.Addr().String(), texts: map[string][]string{}}
	for _, s := range []*dns.Server{{Listener: ln, Handler: dns.HandlerFunc(z.answer)}, {PacketConn: packets, Handler: dns.HandlerFunc(z.answer)}} {
		go s.ActivateAndServe()
		t.Cleanup(func() { s.Shutdown() })
	}
	return z
}

func (z *Zone) answer(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	name := q.Question[0].Name
	head := func(kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 1}
	}
	switch kind := q.Question[0].Qtype; {
	case kind == dns.TypeA:
		m.Answer = []dns.RR{&dns.A{Hdr: head(kind), A: net.IPv4(127, 0, 0, 1)}}
	case kind == dns.TypeSOA && name == "example.com.":
		m.Answer = []dns.RR{&dns.SOA{Hdr: head(kind), Ns: "ns.example.com.", Mbox: "admin.example.com.", Serial: 1, Refresh: 1, Retry: 1, Expire: 1, Minttl: 1}}
	case kind == dns.TypeTXT:
		z.mu.Lock()
		for _, text := range z.texts[strings.ToLower(name)] {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: head(kind), Txt: []string{text}})
		}
		z.mu.Unlock()
	}
	w.WriteMsg(m)
}

// AppendRecords adds TXT records.
func (z *Zone) AppendRecords(_ context.Context, zone string, rs []libdns.Record) ([]libdns.Record, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, r := range rs {
		name := libdns.AbsoluteName(r.RR().Name, zone)
		z.texts[name] = append(z.texts[name], r.RR().Data)
		z.Written++
	}
	return rs, nil
}

// DeleteRecords takes all TXT records of the same names away.
func (z *Zone) DeleteRecords(_ context.Context, zone string, rs []libdns.Record) ([]libdns.Record, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, r := range rs {
		delete(z.texts, libdns.AbsoluteName(r.RR().Name, zone))
	}
	return rs, nil
}

// Left is how many TXT records are still there, and how many were written.
func (z *Zone) Left() (left, written int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, texts := range z.texts {
		left += len(texts)
	}
	return left, z.Written
}
