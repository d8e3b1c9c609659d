# Apus: every task of everyday work, one line each. `make help` prints them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: run build test bench bench-full bench-micro profile fuzz format clean help

# Options for the server, as in `make run ARGS="--port 7000"`; other targets pass them on as well.
ARGS ?=

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

run: ## Install missing libraries, build release, start the server with ARGS.
	@Scripts/build-release
	@exec .build/release/apus-server $(ARGS)

build: ## Build server and file checkers only: .build/release/apus-{server,check-rdb,check-aof}.
	@Scripts/build-release

test: ## Install what the tests need and run every test.
	@Scripts/run-tests

bench: ## Compare with the installed redis-server in five minutes; writes .build-bench/report.html.
	@Scripts/prepare-benchmark
	@Benchmarks/run --quick $(ARGS)

bench-full: ## Compare with Redis 7.0, Redis 8.2 and Valkey 9.1 in all scenarios: 90 minutes.
	@Scripts/prepare-benchmark
	@Benchmarks/run --fetch $(ARGS)

profile: ## Record the server under a load (ARGS=get-p16) and draw its flame graph: .build-perf.
	@Scripts/prepare-benchmark
	@Scripts/install-packages linux-perf perl binutils
	@Perf/record $(or $(ARGS),get-p16)

bench-micro: ## Time the parser and the data structures; ARGS="lookup parser" chooses.
	@Scripts/check-tools
	@Scripts/install-packages libjemalloc-dev python3
	@Benchmarks/Micro/run $(ARGS)

fuzz: ## Look for new bugs in parsers and structures; ARGS="NAME --seconds 60" chooses.
	@Tests/Fuzz/run $(ARGS)

format: ## Format the Swift sources in place.
	@swift format --in-place --recursive Package.swift Sources Tests \
	  Benchmarks/Generator Benchmarks/Micro

clean: ## Remove what was built.
	@rm -rf .build .build-bench .build-fuzz .build-perf .build-report .venv \
	  Benchmarks/Generator/.build Benchmarks/Micro/.build
