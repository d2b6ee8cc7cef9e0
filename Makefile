# The same lines a person types, CI runs. Nothing but Python and make is needed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Tests of whole processes wait as long as they compute: more of them than processors keep these at work.
PYTEST := $(BIN)/python -m pytest --dist worksteal --numprocesses

.PHONY: help demo test test-long style check bench serve docs setup
.DEFAULT_GOAL := help

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# Installation ends with compiling: the sources, which an editable installation leaves to each start, and the kernels.
$(VENV)/installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,live,otel,reports]'
	$(BIN)/python -m compileall -q src
	$(BIN)/mintmark compile
	@touch $@

setup: $(VENV)/installed ## Make the environment in .venv

demo: setup ## Load the sample data, run one research cycle to its verdict, and answer for a portfolio
	$(BIN)/mintmark data sample
	$(BIN)/mintmark agent trigger --follow --gate-policy assess
	$(BIN)/mintmark portfolio sample
	$(BIN)/mintmark pattern run portfolio_overview --portfolio SAMPLE

style: setup
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy

check: setup style test ## Format, lint, types, tests

test: setup ## Run every test a fresh machine can run
	$(PYTEST) 4

test-long: setup ## Run the tests that take longer
	$(PYTEST) 4 -m long

bench: setup ## Measure what the docs promise, beside its targets
	$(BIN)/python bench/run.py

serve: setup ## Serve the pages and the HTTP API on this machine
	$(BIN)/mintmark serve

docs: setup ## Write the generated pages again
	$(BIN)/python -m mintmark.cli.reference docs
