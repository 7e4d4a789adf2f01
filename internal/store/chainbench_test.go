package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// BenchmarkVerifyChain checks a chain of STRONGROOM_BENCH_LINES lines, 20,000 when
// not set, on each database that is there; bench/README.md has the figures for a million.
func BenchmarkVerifyChain(b *testing.B) {
	total := 20_000
	if n := os.Getenv("STRONGROOM_BENCH_LINES"); n != "" {
		fmt.Sscan(n, &total)
	}
	for _, kind := range testdb.Kinds {
		b.Run(kind, func(b *testing.B) { verifyBench(b, kind, total) })
	}
}

func verifyBench(b *testing.B, kind string, total int) {
	s := testdb.Open(b, kind, time.Now)
	es := make([]vault.Event, 5000)
	for i := range es {
		es[i] = vault.Event{Kind: vault.EventItemChanged, Actor: "7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11", Subject: "5e0b7f6e-58f3-4e0e-9c5e-0a8f6d7c1b22",
			Device: "1d0d5d4e-9b5f-4a53-8f2b-1a2b3c4d5e6f", Address: "192.0.2.7", Door: vault.DoorBitwarden}
	}
	began := time.Now()
	for n := 0; n < total; n += len(es) {
		if err := s.Tx(b.Context(), func(t *store.Tx) error { return t.RecordAll(b.Context(), es) }); err != nil {
			b.Fatal(err)
		}
		for left := len(es); left > 0; left -= 2500 {
			if _, err := s.ChainEvents(b.Context(), 2500); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Logf("%d lines were written and chained in %v", total, time.Since(began))
	for b.Loop() {
		r, err := s.VerifyChain(context.Background())
		if err != nil || r.Bad != 0 || r.Lines != int64(total) {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(total)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
