.DEFAULT_GOAL := help
# Without bytecode every one of our many processes would compile us anew.
export PYTHONDONTWRITEBYTECODE :=
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

BIN := .venv/bin
VENDOR := outreach/web/static/vendor
UV := $(BIN)/uv pip
# Named, because uv prefers a virtual environment that happens to be active.
INSTALL := $(UV) install -q --python $(BIN)/python
LOCK := $(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/.ready .venv/.ready-dev ## Build .venv with outreach and everything it needs
	@echo "Ready: $(BIN)/outreach --help"

.PHONY: demo
demo: .venv/.ready $(if $(ONCE),,$(VENDOR)/.ready) ## Run the whole service on loopback with seeded data; ONCE=1 runs it headless and exits
	@$(BIN)/outreach demo $(if $(ONCE),--once) $(ARGS)

.PHONY: test
test: .venv/.ready-dev ## Run every test; ARGS="tests/rules -x" picks some
	@scripts/browser.sh || echo "The browser tests will fail; the others need neither Chromium nor node."
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: .venv/.ready-dev ## Lint, check the format, the types, and that imports go down only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: .venv/.ready ## Measure the planner beside the bare statement (1,000,000 invoices)
	@$(BIN)/outreach bench plan $(ARGS)

.PHONY: faults
faults: .venv/.ready-dev ## Kill, lose, duplicate and shuffle, then count: nothing twice, nothing lost
	@OUTREACH_TEST_FAULTS=full $(BIN)/python -m pytest -v -n 2 tests/faults/test_naive_sender.py tests/faults/test_storm.py $(ARGS)

.PHONY: seed
seed: .venv/.ready ## Fill an empty database with the standing cast, to develop against
	@$(BIN)/outreach seed $(ARGS)

.PHONY: browser
browser: ## Install Chromium and the front-end packages
	@scripts/browser.sh

.PHONY: lock
lock: .venv/.ready ## Write the requirements*.txt files anew from requirements*.in
	@for name in requirements requirements-dev requirements-setup; do $(LOCK) $(ARGS) $$name.in -o $$name.txt; done

.venv/.ready: requirements.txt requirements-setup.txt pyproject.toml
	@scripts/venv.sh
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-dev: requirements-dev.txt .venv/.ready
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements-dev.txt
	@touch $@

$(VENDOR)/.ready: package-lock.json scripts/vendor.sh
	@scripts/vendor.sh $(VENDOR)
	@touch $@
