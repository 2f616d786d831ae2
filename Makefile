# The commands of this project. `make help` lists them. Python 3.11 or newer and make are all they need.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
CODE := exchange graph queries resolvers schema service visualize bench tests

# The newest Python that can make an environment: some names on the path are empty shims, so each is tried.
PYTHON ?= $(firstword $(foreach name,python3.14 python3.13 python3.12 python3.11 python3 python,$(shell \
	$(name) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.can-run ## load the trial into a fresh store, print a trace, serve it (ONCE=1: end after printing)
	$(BIN)/stemgraph demo $(if $(ONCE),--once)

test: $(VENV)/.can-test ## run all tests on the embedded engine
	$(BIN)/python -m pytest $(ARGS)

test-neo4j: $(VENV)/.can-test ## run the contract suite on a real Neo4j (Maven fetches it once)
	$(BIN)/python -m pytest --neo4j -m neo4j $(ARGS)

check: format-check lint types imports generated test ## everything a change must pass

format-check: $(VENV)/.can-test ## is the code formatted?
	$(BIN)/ruff format --check $(CODE)

lint: $(VENV)/.can-test ## ruff, all rules but those named in pyproject.toml
	$(BIN)/ruff check $(CODE)

types: $(VENV)/.can-test ## mypy, strict, on code and tests
	$(BIN)/mypy

imports: $(VENV)/.can-test ## do imports point downwards only?
	$(BIN)/lint-imports --no-cache

generated: $(VENV)/.can-test ## are the generated files up to date?
	$(BIN)/python -m graph.vocabulary.reference docs/vocabulary.md --check
	$(BIN)/stemgraph schema --check schema/schema.graphql

generate: $(VENV)/.can-test ## write the generated files again
	$(BIN)/python -m graph.vocabulary.reference docs/vocabulary.md
	$(BIN)/stemgraph schema schema/schema.graphql

screenshots: $(VENV)/.can-test ## take the pictures of the documents anew (needs Chromium); look at them before a commit
	$(BIN)/python -m pytest --screenshots tests/browser/test_screenshots.py $(ARGS)

messages: $(VENV)/.can-test ## collect what the pages say into the catalogues of both languages, and compile them
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file service/locale/babel.cfg --keywords say --keywords said --no-location --sort-output \
		--output-file build/stemgraph.pot exchange graph queries resolvers service
	$(BIN)/pybabel --quiet update --input-file build/stemgraph.pot --output-dir service/locale --domain stemgraph \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120
	$(BIN)/pybabel --quiet compile --directory service/locale --domain stemgraph

format: $(VENV)/.can-test ## format the code, and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: $(VENV)/.can-test ## the whole door against the bare driver: ratios, not seconds
	$(BIN)/python -m bench.ingest $(ARGS)

bench-recall: $(VENV)/.can-compare ## impact and traces against PostgreSQL, DuckDB, Neo4j, libraries: bench/RESULTS.md
	$(BIN)/python -m bench.recall $(ARGS)

# uv resolves for all platforms at once; pip-tools would only for the one it runs on.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml
lock: $(VENV)/.can-test ## resolve the dependencies again (ARGS=--upgrade for newer ones)
	$(LOCK) $(ARGS) --extra build --output-file requirements.lock
	$(LOCK) $(ARGS) --extra dev --extra notebook --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) $(ARGS) --extra bench --constraint requirements.lock --output-file requirements-bench.lock

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once, made again when a lock file changes ---------------------------------------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python that will do: stemgraph needs 3.11 or newer with its venv module" \
		"(on Debian and Ubuntu: python3-venv). Install one, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11, or does not run. Name a newer one with PYTHON=." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Two steps in one environment: what it takes to run, and beyond that what it takes to test.
$(VENV)/.can-run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names into $(VENV): once, some 200 MB."
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m graph.index
	@touch $@

$(VENV)/.can-test: requirements-dev.lock $(VENV)/.can-run
	@echo "Installing what requirements-dev.lock names into $(VENV): once."
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.can-compare: requirements-bench.lock $(VENV)/.can-test
	@echo "Installing what requirements-bench.lock names into $(VENV): once."
	$(INSTALL) --require-hashes --requirement requirements-bench.lock
	@touch $@

.PHONY: help demo test test-neo4j check format-check lint types imports generated generate messages screenshots format bench bench-recall lock clean
