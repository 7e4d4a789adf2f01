# make run    builds and serves a vault on SQLite, with no configuration
# make check  the quick loop: format, vet, lint and all tests that need nothing but Go
# make test   everything, from nothing but Go and Node: it installs what it needs, and fails where that cannot be had

SHELL := /bin/bash -o pipefail
export CGO_ENABLED := 0
TOOLS := $(CURDIR)/.tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
DATE := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X strongroom/internal/cli.version=$(VERSION) -X strongroom/internal/cli.commit=$(COMMIT) -X strongroom/internal/cli.date=$(DATE)

.PHONY: build run check test lint fmt fuzz bench generate clean tools full-test

build:
	go build -trimpath -ldflags '$(LDFLAGS)' -o strongroom ./cmd/strongroom

run: build
	./strongroom serve

fmt:
	gofmt -w cmd internal bench

tools: $(TOOLS)/bin/golangci-lint

$(TOOLS)/bin/golangci-lint: tools/go.mod tools/go.sum
	mkdir -p $(TOOLS)/bin
	cd tools && GOBIN=$(TOOLS)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint gotest.tools/gotestsum

lint: tools
	@test -z "$$(gofmt -l cmd internal bench)" || { gofmt -l cmd internal bench; echo "run make fmt"; exit 1; }
	go vet ./...
	$(TOOLS)/bin/golangci-lint run ./...

check: lint
	go test -timeout 110s ./...

test: tools
	scripts/prepare
	$(MAKE) lint
	scripts/testdb $(MAKE) full-test

# full-test is what `make test` runs with both database servers up. A skipped test
# is a failure here: something that was promised is missing.
full-test: export CGO_ENABLED := 1
full-test: export STRONGROOM_FULL_TESTS := 1
full-test: export STRONGROOM_PYTHON := $(TOOLS)/venv/bin/python3
full-test:
	@rm -f $(TOOLS)/tests.json
	$(TOOLS)/bin/gotestsum --format pkgname --jsonfile $(TOOLS)/tests.json -- -race -timeout 25m ./...
	@if grep -q '"Action":"skip","Package":"[^"]*","Test"' $(TOOLS)/tests.json; then \
		grep -o '"Action":"skip","Package":"[^"]*","Test":"[^"]*"' $(TOOLS)/tests.json; echo "the tests above were skipped; in a full run that is a failure"; exit 1; fi

# Each fuzz target for 30 s, one after another.
fuzz:
	@for t in $$(grep -rlE '^func Fuzz' --include=*_test.go internal); do \
		for f in $$(grep -oE '^func Fuzz[A-Za-z]+' $$t | cut -c6-); do \
			echo "$$f"; go test ./$$(dirname $$t) -run XXX -fuzz "^$$f$$" -fuzztime 30s || exit 1; done; done

bench: build
	go run ./bench
	go test -run XXX -bench . -benchmem ./internal/seal ./internal/keyring ./internal/token ./internal/pwhash

generate:
	go test ./internal/config ./internal/server -run 'TestDocs|TestGolden' -update

clean:
	rm -rf strongroom dist $(TOOLS)/tests.json
