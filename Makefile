# Every chore has one name. A newcomer needs the first three.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .make/uv/bin/uv)
BIN := .venv/bin

.PHONY: run nightly serve test lint types contracts format lock clean check sbom audit fresh-machine

run: .make/run-ready ## one night now: the real one, or a rehearsal when PubMed cannot be reached
	@$(BIN)/python -m flows.cli run

nightly: .make/run-ready ## the live night; exits 3 when the search failed
	@$(BIN)/living-review nightly

serve: .make/run-ready ## scheduler, review queue and site
	@$(BIN)/living-review serve --port $(PORT)

# Many tests start processes: modules compiled once halve what each of them costs, even where the environment forbids it.
# The files begin in the order of tests/conftest.py, the longest first; by itself xdist begins with those of most tests.
test: .make/dev-ready ## the whole test suite
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

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

sbom: .make/dev-ready ## bill of materials (CycloneDX) of what is installed with the software, to dist/
	@mkdir -p dist && $(BIN)/uv export --quiet --frozen --no-dev --all-extras --preview-features sbom-export --format cyclonedx1.5 -o dist/sbom.cdx.json >/dev/null && echo dist/sbom.cdx.json

audit: .make/dev-ready ## known vulnerabilities of the locked versions (asks api.osv.dev)
	@$(BIN)/uv audit --frozen --preview-features audit

fresh-machine: ## the README's two commands from a fresh clone, with nothing but a registry
	@tests/benchmarks/fresh_machine.sh

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
