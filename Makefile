# make run    builds and serves a vault on SQLite, with no configuration
# make check  the quick loop: format, vet, lint and all tests that need nothing but Go
# make dist   what people download, into dist/: archives for all systems, packages, checksums (TARGETS=linux/amd64 for some),
#             with the window for this Linux where libgtk-3-dev and libwebkit2gtk-4.1-dev are, and for Windows
# make test   everything, from nothing but Go and Node: it installs what it needs, and fails where that cannot be had

SHELL := /bin/bash -o pipefail
export CGO_ENABLED := 0
TOOLS := $(CURDIR)/.tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
DATE := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X strongroom/internal/cli.version=$(VERSION) -X strongroom/internal/cli.commit=$(COMMIT) -X strongroom/internal/cli.date=$(DATE)

.PHONY: web web-check web-test screens build run check test lint fmt fuzz bench bench-grow bench-soak generate clean tools full-test

# The pages, built when something of them changed. Without Node the server is built without them and says so.
web: web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --silent
	@touch $@

WEB_SOURCES := $(shell find web/src web/public web/scripts -type f 2>/dev/null) web/index.html web/vite.config.ts web/svelte.config.js web/package.json
web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

build: $(if $(shell command -v npm 2>/dev/null),web)
	go build -trimpath -ldflags '$(LDFLAGS)' -o strongroom ./cmd/strongroom

run: build
	./strongroom serve

fmt:
	gofmt -w cmd internal bench packaging desktop

tools: $(TOOLS)/bin/golangci-lint

$(TOOLS)/bin/golangci-lint: tools/go.mod tools/go.sum
	mkdir -p $(TOOLS)/bin
	cd tools && GOBIN=$(TOOLS)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint gotest.tools/gotestsum

.PHONY: dist nfpm

# The packages' builder has its own go.mod: its versions and the linter's need not agree.
nfpm: $(TOOLS)/bin/nfpm

$(TOOLS)/bin/nfpm: tools/nfpm/go.mod tools/nfpm/go.sum
	mkdir -p $(TOOLS)/bin
	cd tools/nfpm && go build -o $@ github.com/goreleaser/nfpm/v2/cmd/nfpm

dist: nfpm web
	command -v wixl >/dev/null || { echo "wixl is missing: scripts/prepare installs it"; exit 1; }
	go run ./packaging/dist -programs strongroom,strongroom-desktop -nfpm $(TOOLS)/bin/nfpm -out dist -targets '$(TARGETS)'

lint: tools
	@test -z "$$(gofmt -l cmd internal bench packaging desktop)" || { gofmt -l cmd internal bench packaging desktop; echo "run make fmt"; exit 1; }
	go vet ./...
	$(TOOLS)/bin/golangci-lint run ./...
	cd desktop && go vet ./... && $(TOOLS)/bin/golangci-lint run ./...

web-check: web
	cd web && npm run --silent check && npm run --silent lint && npm run --silent unused && npm run --silent test

# The specs drive Debian's Chromium against the built server.
web-test: web-check build
	cd web && npm run --silent e2e

# Pictures of every screen, into docs/screens: light, dark and as wide as a phone.
screens: build
	cd web && npm run --silent screens

check: lint $(if $(shell command -v npm 2>/dev/null),web-check)
	go test -timeout 300s ./...
	cd desktop && go test -timeout 300s ./...

test: tools nfpm
	scripts/prepare
	$(MAKE) lint
	$(MAKE) web-test
	scripts/testdb $(MAKE) full-test
	$(MAKE) desktop-test

# full-test is what `make test` runs with both database servers up. A skipped test
# is a failure here: something that was promised is missing.
full-test: export CGO_ENABLED := 1
full-test: export STRONGROOM_FULL_TESTS := 1
full-test: export STRONGROOM_PYTHON := $(TOOLS)/venv/bin/python3
# What stops and kills programs while requests run has the machine to itself.
full-test: ALONE := strongroom/e2e/galera strongroom/e2e/nodes strongroom/e2e/windows
full-test:
	@rm -f $(TOOLS)/tests*.json
	$(TOOLS)/bin/gotestsum --format pkgname --jsonfile $(TOOLS)/tests.json -- -race -timeout 45m $(filter-out $(ALONE),$(shell go list ./...))
	$(TOOLS)/bin/gotestsum --format pkgname --jsonfile $(TOOLS)/tests-alone.json -- -race -timeout 45m -p 1 $(ALONE)
	@if grep -hq '"Action":"skip","Package":"[^"]*","Test"' $(TOOLS)/tests*.json; then \
		grep -ho '"Action":"skip","Package":"[^"]*","Test":"[^"]*"' $(TOOLS)/tests*.json; echo "the tests above were skipped; in a full run that is a failure"; exit 1; fi

# The end-to-end tests on MariaDB, then on PostgreSQL, each server as a user who has what `strongroom db grants` prints
# and no more (a quarter of an hour each). What is about SQLite's file is skipped.
.PHONY: grants-test
grants-test: export STRONGROOM_FULL_TESTS := 1
grants-test: web
	for d in mysql postgres; do STRONGROOM_E2E_DATABASE=$$d scripts/testdb go test -timeout 40m ./e2e || exit 1; done

# The desktop program is a module of its own, so that the server needs neither its libraries nor a C compiler.
# desktop-test is part of make test.
.PHONY: desktop desktop-test desktop-screens
DESKTOP_LDFLAGS := -s -w -X main.version=$(VERSION)

# The window for this machine (needs libgtk-3-dev and libwebkit2gtk-4.1-dev on Linux), and the one for Windows, which needs no C compiler.
desktop: web
	cd desktop && CGO_ENABLED=1 go build -trimpath -tags desktop,production,webkit2_41 -ldflags '$(DESKTOP_LDFLAGS)' -o ../dist/strongroom-desktop .
	cd desktop && GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -trimpath -tags desktop,production -ldflags '$(DESKTOP_LDFLAGS) -H windowsgui' -o ../dist/strongroom-desktop.exe .

# The web vault's specs against what the window shows: a personal vault through its gate; desktop-test runs some (SPECS).
.PHONY: desktop-specs
desktop-specs: web
	cd desktop && go build -o ../dist/specserver ./e2e/specserver
	cd web && STRONGROOM_BIN=../../dist/specserver npx playwright test --project=specs --project=window $(SPECS)

# Pictures of the window, into docs/screens.
desktop-screens: web
	cd desktop && CGO_ENABLED=1 STRONGROOM_FULL_TESTS=1 STRONGROOM_SCREENS=$(CURDIR)/docs/screens go test -count=1 -run "TestWindow|TestQuickSearch" ./e2e

desktop-test: export CGO_ENABLED := 1
desktop-test: export STRONGROOM_FULL_TESTS := 1
desktop-test: web
	cd desktop && $(TOOLS)/bin/gotestsum --format pkgname --jsonfile $(TOOLS)/desktop-tests.json -- -race -timeout 20m ./...
	$(MAKE) desktop-specs SPECS="live.spec lock.spec window.spec"
	@if grep '"Action":"skip","Package":"[^"]*","Test"' $(TOOLS)/desktop-tests.json; then echo "the tests above were skipped; in a full run that is a failure"; exit 1; fi

# Each fuzz target for 30 s, one after another.
fuzz:
	@for t in $$(grep -rlE '^func Fuzz' --include=*_test.go internal); do \
		for f in $$(grep -oE '^func Fuzz[A-Za-z]+' $$t | cut -c6-); do \
			echo "$$f"; go test ./$$(dirname $$t) -run XXX -fuzz "^$$f$$" -fuzztime 30s || exit 1; done; done

bench: build
	go run ./bench
	go test -run XXX -bench . -benchmem ./internal/seal ./internal/keyring ./internal/token ./internal/pwhash ./internal/wire/bitwarden

# The same for one person while other people's items grow to a million (about ten minutes).
bench-grow: build
	scripts/testdb sh -c 'go run ./bench grow -mysql "$$STRONGROOM_TEST_MYSQL"'

# Two hundred people at work for ten minutes.
bench-soak: build
	go run ./bench soak -users 200 -time 10m

generate:
	go test ./internal/config ./internal/server -run 'TestDocs|TestGolden' -update
	cd web && npm run --silent api

clean:
	rm -rf strongroom dist $(TOOLS)/tests.json
