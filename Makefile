# `make` lists the commands. Nothing has to be done before any of them.
PORT ?= 8000
DATA ?= data
PYTHON ?= python3
WORKERS ?= logical
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

.DEFAULT_GOAL := help
.PHONY: help install run test lint format bench lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS="$$(printf '\t')" read -r name what; \
		do printf '  make %-9s %s\n' "$$name" "$$what"; done

install: $(STAMP) ## make .venv with everything, and the command .venv/bin/fairhaul

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" scripts/venv.sh
	@echo "Installing the pinned libraries"
	@$(PIP) install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@echo "Compiling the engine's kernels"
	@$(BIN)/python -m logistics.ahead
	@touch $(STAMP)

run: install ## start all of it, with demo data (PORT= and DATA= change where)
	@exec $(BIN)/fairhaul run --demo --port "$(PORT)" --data "$(DATA)"

test: install ## run all tests, in the browser too (ARGS= for pytest)
	@scripts/chromium.sh
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

lint: install ## ruff, mypy, import-linter, and that the lock names no place
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@scripts/check-lock.sh

format: install ## let ruff format and fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: install ## print every figure that the README gives
	@$(BIN)/python -m benchmarks $(ARGS)

lock: install ## pin what requirements*.in want (ARGS=--upgrade for the newest)
	@$(LOCK) $(ARGS) --output-file requirements.txt requirements.in
	@$(LOCK) $(ARGS) --output-file requirements-dev.txt requirements-dev.in
	@scripts/check-lock.sh

clean: ## remove .venv and caches, not the data
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
