# Front door. `make help` lists the verbs.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
RUN := $(VENV)/bin/python
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench build deploy clean lock

help: ## List the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready .tools/sam/.ready .tools/ministack/.ready .tools/runtime/.ready ## Install everything, into this folder only

$(VENV)/bin/uv: requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $(PYTHON) is older than Python 3.11; call make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "setup: virtual environment"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

$(VENV)/.ready: $(UV) requirements/dev.lock pyproject.toml
	@echo "setup: the command, the tools and the checks"
	@$(UV) pip install --quiet --python $(RUN) --require-hashes -r requirements/dev.lock
	@$(UV) pip install --quiet --python $(RUN) --no-deps --editable .
	@touch $@

# One virtual environment a tool: each of them pins its own botocore.
.tools/%/.ready: requirements/%.lock $(UV)
	@echo "setup: $*"
	@$(UV) venv --quiet --clear --python $(RUN) .tools/$*
	@$(UV) pip install --quiet --python .tools/$*/bin/python --require-hashes -r requirements/$*.lock
	@touch $@

COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml
lock: $(UV) ## Resolve the dependencies of pyproject.toml anew
	$(COMPILE) -o requirements/functions.lock
	$(COMPILE) --group dev -o requirements/dev.lock
	for group in uv sam ministack runtime; do $(UV) pip compile --quiet --generate-hashes --universal --no-emit-index-url --no-emit-find-links --python-version 3.11 --group $$group -o requirements/$$group.lock || exit 1; done

test: setup ## Run every test
	@$(RUN) -m pytest

check: setup ## Lint, types, import contracts, schedules
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
