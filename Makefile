# What is here: test (all that CI runs), build, lint, bench, fuzz, image-try, clean.
# A target installs what it needs and lacks: Debian's packages by name, and Go
# tools at pinned versions into .bin/. Nothing asks for root when all is there.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

GO ?= go
GOLANGCI_VERSION  := v2.15.0
VERSITYGW_VERSION := v1.8.0
AXE_VERSION       := 4.11.1

# The version is part of the path, so that a new pin is a new tool.
BIN      := $(CURDIR)/.bin
GOLANGCI := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint
VERSITYGW := $(BIN)/versitygw-$(VERSITYGW_VERSION)/versitygw
AXE       := $(BIN)/axe-core-$(AXE_VERSION)/package/axe.min.js

# The browser that looks at the pages, and where it leaves its pictures.
CHROMIUM    ?= $(firstword $(shell command -v chromium chromium-browser google-chrome) chromium)
SCREENSHOTS ?= $(CURDIR)/dist/screenshots

# Packages whose code runs in parallel, as far as they are there: the race
# detector looks at these. The pure ones have nothing to race for.
CONCURRENT := api api/auth api/batch api/client api/metrics api/pages api/preservation api/siva api/trace api/webhook archive archive/audit \
  archive/dir archive/index archive/jobs archive/preserve archive/s3 archive/storetest cmd/vidimus trustlist/browse trustlist/lotl trustlist/pull \
  trustlist/stored validate validate/fetch validate/gather

# Time for each fuzz target of `make fuzz`, and for each package's tests.
FUZZTIME    ?= 30s
TESTTIMEOUT ?= 20m

.DEFAULT_GOAL := build
.PHONY: build test lint bench fuzz clean tools packages gomod format vet compile unit race fuzz-seeds conformance image-try

build: ## the command, as ./vidimus
	$(GO) build -trimpath -o vidimus ./cmd/vidimus

# One step after the other, cheap ones first: the machine has two cores, and the
# first failure is to be the last lines printed.
test: ## everything that CI runs
	@for step in packages gomod format tools vet lint compile unit race fuzz-seeds conformance; do \
	  echo "== $$step"; SECONDS=0; \
	  $(MAKE) --no-print-directory $$step || { echo "== $$step failed after $$SECONDS s"; exit 1; }; \
	  echo "== $$step took $$SECONDS s"; \
	done

# need COMMAND,PACKAGE installs Debian's PACKAGE where COMMAND is not there.
need = command -v $(1) >/dev/null || { \
	  command -v apt-get >/dev/null || { echo 'install $(1), please: it is missing, and so is apt-get'; exit 1; }; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -q && $$as_root apt-get install -q -y --no-install-recommends $(2); }

packages:
	@command -v $(GO) >/dev/null || { echo 'install Go 1.26, please'; exit 1; }
	@$(call need,git,git)
	@$(call need,python3,python3)
	@$(call need,gcc,gcc libc6-dev)
	@$(call need,openssl,openssl)
	@$(call need,$(CHROMIUM),chromium)
	@$(call need,npm,npm)
	@$(call need,$(firstword $(wildcard /usr/lib/postgresql/*/bin/pg_ctl) pg_ctl),postgresql)
	@$(call need,xmllint,libxml2-utils)

gomod: ## newer versions of some libraries ask for Go 1.27
	@grep -Eq '^go 1\.26(\.[0-9]+)?$$' go.mod || { echo 'go.mod must stay at go 1.26:'; grep '^go ' go.mod; exit 1; }
	@! grep -E '^(toolchain|replace) ' go.mod
	@$(GO) mod verify

format:
	@bad=$$(gofmt -l $$(find . -name '*.go' -not -path './.*')); [ -z "$$bad" ] || { echo "run gofmt -w on:"; echo "$$bad"; exit 1; }

tools: $(GOLANGCI) $(VERSITYGW) $(AXE)

$(GOLANGCI):
	GOBIN=$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(VERSITYGW):
	GOBIN=$(@D) $(GO) install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW_VERSION)

# The judge of accessibility, from the npm registry; a test loads it into the pages.
$(AXE):
	mkdir -p $(BIN)/axe-core-$(AXE_VERSION)
	cd $(BIN)/axe-core-$(AXE_VERSION) && npm pack --silent axe-core@$(AXE_VERSION) && tar xzf axe-core-$(AXE_VERSION).tgz && touch package/axe.min.js

vet:
	$(GO) vet ./...

lint: $(GOLANGCI)
	$(GOLANGCI) run ./...

compile:
	$(GO) build ./...

unit: $(VERSITYGW) $(AXE)
	VIDIMUS_VERSITYGW=$(VERSITYGW) VIDIMUS_CHROMIUM=$(CHROMIUM) VIDIMUS_AXE=$(AXE) VIDIMUS_SCREENSHOTS=$(SCREENSHOTS) $(GO) test -timeout $(TESTTIMEOUT) -skip '^TestConformance$$' ./...

# The race detector makes tests some five times slower; the corpus, which other
# tests read at length, is not needed to find a race.
race: $(VERSITYGW)
	env -u VIDIMUS_CORPUS VIDIMUS_VERSITYGW=$(VERSITYGW) $(GO) test -race -short -timeout $(TESTTIMEOUT) $(addprefix ./,$(wildcard $(CONCURRENT)))

fuzz-seeds: ## each fuzz target over its seeds and what once crashed
	$(GO) test -timeout $(TESTTIMEOUT) -run '^Fuzz' ./... | { grep -v 'no test' || true; }

conformance:
	$(GO) test -timeout $(TESTTIMEOUT) -count=1 -v -run '^TestConformance$$' ./cmd/vidimus

bench:
	$(GO) test -timeout 1h -run '^$$' -bench . -benchmem ./...

# Minimising would eat the time of a short run.
fuzz:
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | { grep '^Fuzz' || true; }); do \
	    echo "== $$p $$f"; \
	    $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$p; \
	  done; \
	done

image-try: ## builds the images without Docker, and runs them; as root, some minutes
	cmd/vidimus/deploy/try-image.sh

clean:
	rm -rf $(BIN) vidimus coverage*
