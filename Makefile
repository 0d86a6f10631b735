SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help setup test-setup up check lint types house format test test-unit test-integration test-cluster e2e cluster cluster-down generate verify build release-check bench ci clean

help: ## This list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the machine lacks, and the project's own packages (quick when nothing is missing)
	@scripts/setup

test-setup: ## Install what the tests need beside that: a browser (quick when nothing is missing)
	@scripts/test-setup

up: setup ## One machine: a demo pool against a GitHub stand-in; with GITHUB_TOKEN and F=pool.yaml, real repositories
	@scripts/up $(F)

check: types lint house ## Types, lint, format, dead code, prose and rooms: seconds

types:
	@tsc -p .

lint:
	@biome check --error-on-warnings .
	@oxlint --type-aware
	@knip --no-progress --no-config-hints

house: ## Measure prose, rooms, imports and docstrings; fails over a limit (V=-v lists the sentences to rewrite)
	@node scripts/house.ts $(V)

format: ## Format and fix what can be fixed
	@biome check --write .

test: setup test-setup check verify ## Everything but a cluster: types, lint, generated files, unit, property, contract, integration
	@vitest run --project unit --project integration

test-unit: ## Unit, property and contract tests: seconds
	@vitest run --project unit

test-integration: test-setup ## Tests with the real binaries: git, aliBuild, builderpool itself
	@vitest run --project integration

test-cluster: setup ## Tests with a real Kubernetes, Helm and S3 server, compiled from Go modules (the first time takes up to half an hour)
	@vitest run --project cluster

e2e: setup ## Stories in a real cluster with kubelet and containers: images, cluster up, tests, down (the first time takes up to half an hour)
	@vitest run --project e2e

cluster: setup ## A real cluster on this machine that stays, with our images; says how to reach it
	@node test/support/cluster/main.ts up

cluster-down: ## End it
	@node test/support/cluster/main.ts down

generate: ## Write crds/ and docs/reference/ from the schemas
	@node scripts/generate.ts

verify: ## Fail when generated files are stale
	@node scripts/generate.ts --check

build: setup ## Bundle the programs of a cluster into dist/, of which the Dockerfile makes images
	@node scripts/build.ts

release-check: ## Compare a tag with the version in all files; print the release notes (TAG=v0.1.0)
	@node scripts/release-check.ts $(TAG)

bench: setup ## Measure, each number beside its reference (ONLY=name for one)
	@node test/bench/main.ts $(ONLY)

ci: ## What CI runs
	@.ci/run

clean: ## Delete work folders and builds of this checkout
	@rm -rf .work dist coverage
