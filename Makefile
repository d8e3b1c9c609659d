# Apus: every task of everyday work, one line each. `make help` prints them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: run build test bench-compare bench-micro fuzz format clean help

# Options for the server, as in `make run ARGS="--port 7000"`; other targets pass them on as well.
ARGS ?=

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

run: ## Install missing libraries, build release, start the server with ARGS.
	@Scripts/build-release
	@exec .build/release/apus-server $(ARGS)

build: ## Build the release binary only: .build/release/apus-server.
	@Scripts/build-release

test: ## Install what the tests need and run every test.
	@Scripts/run-tests

bench-compare: ## Compare with Valkey and Redis side by side; ARGS="--quick" for a short run.
	@Scripts/build-release
	@Scripts/install-packages redis-tools python3-venv libjemalloc2
	@Benchmarks/compare --fetch $(ARGS)

bench-micro: ## Time the parser and the data structures; ARGS="lookup parser" chooses.
	@Scripts/check-tools
	@Scripts/install-packages libjemalloc-dev python3
	@Benchmarks/Micro/run $(ARGS)

fuzz: ## Look for new crashes in the parsers; ARGS="NAME --seconds 60" chooses.
	@Tests/Fuzz/run $(ARGS)

format: ## Format the Swift sources in place.
	@swift format --in-place --recursive Package.swift Sources Tests Benchmarks/Micro

clean: ## Remove what was built.
	@rm -rf .build .venv
