# `make` lists the targets. Everything here is a plain go command, or a script
# that runs alone.

TOOL := go tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X github.com/nexus-blueprint/nexus/cmd.release=$(VERSION)
ORACLES ?= $(or $(NEXUS_ORACLES),../shared/oracles)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./nexus
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o nexus .

.PHONY: install
install: ## install nexus into $GOBIN
	CGO_ENABLED=0 go install -trimpath -ldflags '$(LDFLAGS)' .

.PHONY: test
test: ## run the tests
	go test ./...

.PHONY: verify
verify: ## run all tests, the long ones too, under the race detector, and those against real servers
	CGO_ENABLED=1 go test -race -tags slow -timeout 60m ./...
	.ci/integration.sh

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, and golangci-lint where it is installed
	.ci/gofmt.sh
	go vet ./...
	go vet -tags slow,bench,integration ./...
	$(TOOL) staticcheck ./...
	$(TOOL) staticcheck -tags integration ./cmd ./policy ./registry/...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed: left out"; fi

.PHONY: bench
bench: ## Go benchmarks, then one table of whole-process figures
	go test -run '^$$' -bench . -benchmem ./...
	@NEXUS_ORACLES=$(wildcard $(ORACLES)) go test -tags bench -run '^TestWholeProcess$$' -count=1 -v .

.PHONY: bench-policy
bench-policy: ## policy check over 10,000 generated events, beside conftest (EVENTS=N)
	scripts/bench-policy.sh $(EVENTS)

.PHONY: bench-replay
bench-replay: ## folding a log of 1,000,000 events, beside DuckDB, jq and encoding/json (EVENTS=N)
	scripts/bench-replay.sh $(EVENTS)

.PHONY: bench-replay-seek
bench-replay-seek: ## one stream of a log of 10,000,000 events, page cache dropped, with and without snapshots (EVENTS=N)
	scripts/bench-replay-seek.sh $(EVENTS)

.PHONY: bench-cost
bench-cost: ## cost estimate over a log of a million events, beside DuckDB (EVENTS=N)
	scripts/bench-cost.sh $(EVENTS)

.PHONY: bench-app
bench-app: ## load on the generated orders app, with what each part of it costs (DURATION=N)
	scripts/bench-app.sh $(DURATION)

.PHONY: bench-new
bench-new: ## seconds from nexus new to the first stored event, with a cold and a warm build cache
	scripts/bench-new.sh

.PHONY: accuracy
accuracy: ## the conformance tables (cases: ORACLES=FOLDER)
	.ci/conformance.sh $(ORACLES)

.PHONY: update
update: ## regenerate golden files and generated documentation; review the diff
	NEXUS_UPDATE=1 go test -count=1 ./...

.PHONY: core-release
core-release: ## embed the present core of nexus new as that of a release, for nexus upgrade (VERSION=v1.2.3)
	NEXUS_CORE_RELEASE=$(VERSION) go test -count=1 -v -run '^TestReleaseCore$$' ./scaffold

.PHONY: ci
ci: ## what the continuous integration runs
	.ci/run
