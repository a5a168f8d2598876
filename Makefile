# Causeway: meetings that run inside a company's own network.
# `make` says what there is; every target is one line of work.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WEB     := control/web
WEBSRC  := $(shell find $(WEB) -path $(WEB)/node_modules -prune -o -path $(WEB)/dist -prune -o -type f -not -name '*.go' -print 2>/dev/null)

.PHONY: help build run setup test perf fuzz clean

help: ## this text
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(WEB)/node_modules/.built ## the web pages and the one binary, bin/causeway
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/causeway ./tools/causeway

run: build ## the whole system on this machine; Ctrl-C stops it
	bin/causeway up

setup: ## what the tests need from the distribution (as root, only if something is missing)
	@tools/setup

test: setup build ## every check and test
	@go run ./tools/check

perf: build setup ## the measured figures: bench, and click to first frame
	@go run ./tools/check -perf

fuzz: ## every fuzz target, a minute each
	@go run ./tools/check -fuzztime 60s fuzz

clean: ## remove what the targets above made
	rm -rf bin $(WEB)/node_modules tools/e2e/node_modules
	find $(WEB)/dist -mindepth 1 -not -name .keep -delete

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/node_modules/.built: $(WEB)/node_modules/.package-lock.json $(WEBSRC)
	cd $(WEB) && npm run --silent build
	@touch $(WEB)/dist/.keep $@
