SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help setup test-setup up check lint types house format test test-unit test-integration test-cluster malicious malicious-pods e2e e2e-hosts cluster cluster-down generate verify build release-check bench ci clean

help: ## Print this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install missing programs and the packages of the project (quick if nothing is missing)
	@scripts/setup

test-setup: ## Install the programs that only tests need, such as a browser (quick if nothing is missing)
	@scripts/test-setup

up: setup ## Run a demo pool with a GitHub stand-in; with GITHUB_TOKEN and F=pool.yaml, real repositories
	@scripts/up $(F)

check: types lint house ## Check types, lint, format, dead code, prose and rooms: seconds

types:
	@tsc -p .

lint:
	@biome check --error-on-warnings .
	@oxlint --type-aware
	@knip --no-progress --no-config-hints

house: ## Measure prose, rooms, imports and docstrings; fails over a limit (V=-v lists the sentences to rewrite)
	@node scripts/house.ts $(V)

format: ## Format all files and apply automatic fixes
	@biome check --write .

test: setup test-setup check verify ## Run all tests without a cluster, and check types, lint and generated files
	@vitest run --project unit --project integration

test-unit: ## Run unit, property and contract tests: seconds
	@vitest run --project unit

test-integration: test-setup ## Run tests with the real programs: git, aliBuild, builderpool
	@vitest run --project integration

malicious: setup ## Run all malicious pull requests against a real `up`, as root (MALICIOUS=I-01,recipe or a sample size: 1 h)
	@MALICIOUS=$(or $(MALICIOUS),all) vitest run --project integration test/integration/malicious

malicious-pods: setup ## Run all malicious pull requests in pods of a real cluster (MALICIOUS as above: 1 h)
	@MALICIOUS=$(or $(MALICIOUS),all,source) vitest run --project e2e test/e2e/pools/malicious.test.ts

test-cluster: setup test-setup ## Run tests with a real API server, Helm and S3 server (the first run compiles them: up to 30 min)
	@vitest run --project cluster

e2e: setup ## Run the scenarios in a real cluster with kubelet and containers (the first run compiles it: up to 30 min)
	@vitest run --project e2e

e2e-hosts: setup ## Run all scenarios of hosts outside the cluster with a real cluster, in networks of their own (45 min)
	@E2E_HOSTS=1 vitest run --project e2e test/e2e/hosts

cluster: setup ## Start a real cluster on this machine with our images, and print how to use it
	@node test/support/cluster/main.ts up

cluster-down: ## Delete the cluster of `make cluster`
	@node test/support/cluster/main.ts down

generate: ## Write crds/ and docs/reference/ from the schemas
	@node scripts/generate.ts

verify: ## Fail if generated files are stale
	@node scripts/generate.ts --check

build: setup ## Bundle the programs of a cluster into dist/, for the images of the Dockerfile
	@node scripts/build.ts

release-check: ## Compare a tag with the version in all files, and print the release notes (TAG=v0.1.0)
	@node scripts/release-check.ts $(TAG)

bench: setup ## Run the benchmarks, each number beside its reference (ONLY=name for one)
	@node test/bench/main.ts $(ONLY)

ci: ## Run everything that CI runs
	@.ci/run

clean: ## Delete work folders and builds of this checkout
	@rm -rf .work dist coverage
