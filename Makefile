# Everything a newcomer, a developer and CI do. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
SUITE ?= crash

.PHONY: help demo test programs check lock soak bench screenshots clean
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): deploy/locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; found: $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11."; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "python3-venv is missing. On Debian/Ubuntu: apt-get install python3-venv"; exit 2; }
	@echo "setting up $(VENV) (once; about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip --quiet --disable-pip-version-check install --require-hashes -r deploy/locks/dev.txt
	@$(BIN)/pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## play an authored incident through the whole system (ARGS=--once ends by itself)
	@$(BIN)/soc demo $(ARGS)

test: $(STAMP) ## run the tests
	$(BIN)/pytest -q -rs -m "not soak and not bench" $(ARGS)

programs: ## unpack rsyslog, syslog-ng and a JavaScript client, which the interop tests drive
	@.ci/programs

check: $(STAMP) ## format, lint, types, import contracts, spelling, rules and playbooks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/pytest -q -p no:randomly tests/house tests/content
	$(BIN)/soc rules check rules
	$(BIN)/soc playbook check playbooks
	$(BIN)/soc config check deploy/examples/soc.toml

soak: $(STAMP) ## long proof: SUITE=crash, or fleet (an hour; SOAK_SECONDS=300 SOAK_AGENCIES=50 make it less)
	$(BIN)/pytest -q -m soak -s tests/soak/test_$(SUITE).py --timeout=3600 $(ARGS)

bench: $(STAMP) ## measure; figures go to tests/bench/results
	$(BIN)/pytest -q -m bench -s tests/bench --timeout=3600 $(ARGS)

screenshots: $(STAMP) ## render the console's pages with Debian's chromium
	PYTHONPATH=tests $(BIN)/python tests/support/screenshots.py $(ARGS)

lock: $(STAMP) ## renew deploy/locks from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes pyproject.toml -o deploy/locks/collector.txt --upgrade
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra centre pyproject.toml -o deploy/locks/centre.txt --upgrade
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra centre --extra dev pyproject.toml -o deploy/locks/dev.txt --upgrade

clean: ## remove what the commands made
	rm -rf $(VENV) build demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
