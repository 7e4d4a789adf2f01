package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// An auditLoad is what two hundred people do at once, each of them one thing after
// another: s a sync, r a revision date, f the config, c, u and d an item made, changed
// and deleted, p the profile, l a sign-in, g a secret shown by the REST door.
type auditLoad struct{ name, acts string }

// The first is the mix of bench soak, and the load that the log is held to. The
// others show it where it costs most.
var auditLoads = []auditLoad{
	{"people at work", people + "ll"},
	{"the same without sign-ins", people},
	{"only changes", "cud"},
	{"only secrets shown by the REST door", "g"},
}

const people = "rurscrfdurrsrucrdrsrurcrdsrurrcpdrsurrcrdurfsrrcurdrrsucrrdrsurrcdrurspcrrdurrscrudrrsrucdrfsrrucdp"

// loaded is a node with its people.
type loaded struct {
	*servertest.Node
	people []*loadPerson
	body   string // of an item
	chain  func(context.Context)
}

type loadPerson struct {
	*servertest.Person
	rest  string // a token of the REST door
	items []string
	fixed string // an item of the REST door
	n     int
}

const auditPeople = 200

// load makes a node with two hundred people who have fifty items each. They share
// one pair of keys: making two hundred is no work of the server's.
func load(b *testing.B, silent bool) *loaded {
	b.Helper()
	o := servertest.Options(b)
	o.Store.Silent = silent
	l := &loaded{Node: servertest.Start(b, o), people: make([]*loadPerson, auditPeople)}
	l.chain = func(ctx context.Context) {
		for n := 1; n > 0 && ctx.Err() == nil; {
			n, _ = l.Store.ChainEvents(ctx, 1000) // as the job does
		}
	}
	first := l.Join("p0@example.com")
	rest := l.User("rest")
	fixed := rest.Do("POST", "/api/v1/passwords", body("service", "x", "password", "a secret")).Want(201).Map()["id"].(string)
	ciphers := make([]any, 50)
	for i := range ciphers {
		c := first.Login(fmt.Sprint("service", i))
		delete(c, "encryptedFor")
		ciphers[i] = c
	}
	one, _ := json.Marshal(ciphers[0]) // maps of texts always encode
	l.body = string(one)
	var wg sync.WaitGroup
	few := make(chan struct{}, 4)
	for n := range l.people {
		wg.Go(func() {
			few <- struct{}{}
			defer func() { <-few }()
			p := first
			if n > 0 {
				p = first.Again(fmt.Sprintf("p%d@example.com", n))
			}
			l.people[n] = &loadPerson{Person: p, rest: rest.Token, fixed: fixed, n: n * 7}
			p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": ciphers, "folders": []any{}, "folderRelationships": []any{}}).Want(200)
		})
	}
	wg.Wait()
	return l
}

// ask makes one request inside the process.
func (l *loaded) ask(b *testing.B, p *loadPerson, method, path, token string, in any) []byte {
	text := ""
	if s, ok := in.(string); ok {
		text = s
	} else if in != nil {
		j, _ := json.Marshal(in)
		text = string(j)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	l.Handler.ServeHTTP(w, r)
	if w.Code != 200 {
		b.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func (l *loaded) act(b *testing.B, p *loadPerson, acts string) {
	p.n++
	what := acts[p.n%len(acts)]
	if (what == 'u' || what == 'd') && len(p.items) == 0 {
		what = 'c'
	}
	switch what {
	case 'r':
		l.ask(b, p, "GET", "/api/accounts/revision-date", p.Token, nil)
	case 's':
		l.ask(b, p, "GET", "/api/sync?excludeDomains=true", p.Token, nil)
	case 'c':
		var made struct{ ID string }
		if err := json.Unmarshal(l.ask(b, p, "POST", "/api/ciphers", p.Token, l.body), &made); err == nil && made.ID != "" {
			p.items = append(p.items, made.ID)
		}
	case 'u':
		l.ask(b, p, "PUT", "/api/ciphers/"+p.items[p.n%len(p.items)], p.Token, l.body)
	case 'd':
		l.ask(b, p, "DELETE", "/api/ciphers/"+p.items[0], p.Token, nil)
		p.items = p.items[1:]
	case 'f':
		l.ask(b, p, "GET", "/api/config", p.Token, nil)
	case 'p':
		l.ask(b, p, "PUT", "/api/accounts/profile", p.Token, body("name", fmt.Sprint("name", p.n)))
	case 'g':
		l.ask(b, p, "GET", "/api/v1/passwords/"+p.fixed, p.rest, nil)
	case 'l':
		var in struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(l.ask(b, p, "POST", "/identity/connect/token", "", p.Form().Encode()), &in); err == nil {
			p.Token = in.Token // a device's oldest session makes room for the new one
		}
	}
}

// turn has everybody act each times and returns what a request took: processor
// and clock. The job that chains the lines runs beside it, as it does.
func (l *loaded) turn(b *testing.B, acts string, each int) (cpu, clock float64) {
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	began, used := time.Now(), processor()
	var wg, chain sync.WaitGroup
	for _, p := range l.people {
		wg.Go(func() {
			for range each {
				l.act(b, p, acts)
			}
		})
	}
	chain.Go(func() {
		every := time.NewTicker(5 * time.Second)
		defer every.Stop()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-every.C:
				l.chain(ctx)
			}
		}
	})
	wg.Wait()
	took := time.Since(began)
	stop()
	chain.Wait()
	l.chain(b.Context()) // what is left of it is the turn's, too
	n := float64(each * len(l.people))
	return (processor() - used).Seconds() / n * 1e6, took.Seconds() / n * 1e6
}

// processor is the time that this process has had.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAudit is what the audit log costs: the same load on two nodes, of which
// one keeps none, in turn. bench/README.md has its figures. Of each the least turn
// counts, because other work on the machine only adds.
func BenchmarkAudit(b *testing.B) {
	rounds := 3
	if os.Getenv("STRONGROOM_BENCH_ROUNDS") != "" {
		_, _ = fmt.Sscan(os.Getenv("STRONGROOM_BENCH_ROUNDS"), &rounds)
	}
	nodes := []*loaded{load(b, true), load(b, false)}
	for _, l := range auditLoads {
		b.Run(strings.ReplaceAll(l.name, " ", "-"), func(b *testing.B) {
			cpu, clock := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(1), math.Inf(1)}
			var ratios []float64
			for range b.N {
				for round := range rounds {
					var now [2]float64
					for i := range nodes {
						which := (i + round) % 2
						c, t := nodes[which].turn(b, l.acts, 20)
						cpu[which], clock[which], now[which] = min(cpu[which], c), min(clock[which], t), c
					}
					ratios = append(ratios, now[1]/now[0])
				}
			}
			slices.Sort(ratios)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(cpu[0], "us-silent")
			b.ReportMetric(cpu[1], "us-audit")
			b.ReportMetric(100*(cpu[1]/cpu[0]-1), "%-cpu")
			b.ReportMetric(100*(ratios[len(ratios)/2]-1), "%-cpu-p50")
			b.ReportMetric(1e6/clock[0], "per-s-silent")
			b.ReportMetric(1e6/clock[1], "per-s-audit")
		})
	}
}
