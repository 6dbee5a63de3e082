# Every chore has one name. A newcomer needs the first three.
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .make/uv/bin/uv)
BIN := .venv/bin

.PHONY: run nightly serve test lint types contracts format lock clean check

run: .make/run-ready ## one night now: the real one, or a rehearsal when PubMed cannot be reached
	@$(BIN)/python -m flows.cli run

nightly: .make/run-ready ## the live night; exits 3 when the search failed
	@$(BIN)/living-review nightly

serve: .make/run-ready ## scheduler, review queue and site
	@$(BIN)/living-review serve

test: .make/dev-ready ## the whole test suite
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: .make/dev-ready ## style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .make/dev-ready ## mypy --strict on our packages
	@$(BIN)/mypy

contracts: .make/dev-ready ## who may import whom
	@$(BIN)/lint-imports

check: lint types contracts test ## all that CI asks

format: .make/dev-ready
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: .make/dev-ready ## resolve pyproject.toml again
	@$(BIN)/uv lock

clean: ## the environment and caches; never the state folder
	rm -rf .venv .make .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

.make/uv/bin/uv:
	@echo "Setting up (once): the installer uv $(UV_VERSION)"
	@$(PYTHON) -m venv .make/uv && .make/uv/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

.make/run-ready: pyproject.toml uv.lock | $(UV)
	@echo "Setting up (once): the environment from uv.lock"
	@mkdir -p .make && $(UV) sync --quiet --frozen --no-dev --inexact --python $(PYTHON) && touch $@

.make/dev-ready: pyproject.toml uv.lock | $(UV)
	@mkdir -p .make && $(UV) sync --quiet --frozen --inexact --python $(PYTHON) && touch $@ .make/run-ready
