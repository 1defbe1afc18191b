# `make` alone lists the targets.
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
COMPOSE ?= docker compose
CONTAINER_ENGINE ?= docker
.PHONY: help demo run release install uninstall check-deploy test-compose test-installation test-kubernetes test-failover test-alerts soak test test-fast test-tsan fuzz coverage bench bench-compare format lint check-history check-dependencies clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 19

demo: ## set up, build and start everything with a simulated class to look at
	@exec scripts/run --demo $(ARGS)

run: ## set up, build and start everything on this machine; ARGS="--http-port 9000" goes to `progressbus up`
	@exec scripts/run $(ARGS)

release: ## build .build/release/progressbus
	@exec scripts/build-release $(ARGS)

install: ## put what `make release` built, and systemd units, under PREFIX (/usr/local)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/installation install

uninstall: ## take away what `make install` put there; settings and data stay
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/installation uninstall

check-deploy: ## check the compose file, the systemd units, and that each alert fires for its fault
	@exec scripts/check-deploy

test-compose: ## build and run the compose stack, and check it; COMPOSE= and CONTAINER_ENGINE= choose the commands
	@COMPOSE='$(COMPOSE)' CONTAINER_ENGINE='$(CONTAINER_ENGINE)' scripts/test-compose $(ARGS)

test-installation: ## install on a fresh Debian with systemd (a podman container), and check it
	@exec scripts/test-installation

test-kubernetes: ## run the pods of deploy/kubernetes under podman, with their limits and probes; needs `make release`
	@exec scripts/test-kubernetes $(ARGS)

test-failover: ## Sentinels replace the master of Redis under load, in three ways; what was accepted is stored
	@exec scripts/test-failover $(ARGS)

test-alerts: ## run alerts and the Grafana dashboard's queries against a live program and Prometheus
	@exec scripts/test-alerts $(ARGS)

soak: ## ten minutes of load and faults on real servers, and the account; needs `make release`; ARGS="--faults worker-killed"
	@exec scripts/soak $(ARGS)

test: ## set up, build and run all tests; ARGS="--filter EventsTests" goes to `swift test`
	@exec scripts/test $(ARGS)

test-fast: ## build and run the tests that start no server; ARGS="--filter EventsTests" goes to `swift test`
	@exec scripts/test-fast $(ARGS)

test-tsan: ## run the unit tests under the thread sanitizer
	@exec scripts/test-thread-sanitizer $(ARGS)

fuzz: ## try what reads bytes from outside with libFuzzer, 10 minutes each; ARGS="--seconds 60 event-decoder"
	@exec scripts/fuzz $(ARGS)

coverage: ## run all tests and print the line coverage of Sources/
	@exec scripts/coverage $(ARGS)

bench: ## measure ProgressBus beside its peers; ARGS="--quick" for a short run, "--write" for docs/
	@exec Benchmarks/run $(ARGS)

bench-compare: ## compare the instructions of an event with the last commit's; ARGS="v0.1.0" names another one
	@exec Benchmarks/compare $(ARGS)

format: ## format all Swift files in place
	@exec swift format --in-place --parallel --recursive Package.swift Sources Tests Examples Benchmarks Fuzz

lint: ## check the format of Swift files, shell scripts, the targets and the documents
	@exec scripts/lint

check-history: ## look for secrets in every commit
	@exec scripts/check-history

check-dependencies: ## ask the package indexes for known holes in what we depend on; needs the network
	@exec scripts/check-dependencies

clean: ## remove what was built; the data of `make run` in .progressbus stays
	rm -rf .build .build-tsan .build-coverage .build-bench .build-fuzz .venv .venv-alerts .venv-classroom .venv-compose .venv-jupyterhub .venv-soak
