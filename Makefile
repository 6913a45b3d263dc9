# Shabaka. `make help` lists what there is. Needs Python 3.11 or newer and make; everything else is fetched once.

PORT ?= 8000
HOME_DIR ?= var
NAME ?= hop
ARGS ?=
TEST_PROCESSES ?= 2

# Debian packages that the tests need beyond Python's own; root gets them through apt, others are told which. None of
# their servers is started (policy-rc.d): the tests start what they need on ports of their own.
APT_PACKAGES ?= poppler-utils freeradius freeradius-postgresql freeradius-rest freeradius-utils hostapd wpasupplicant iproute2 nftables

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input --quiet
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed
NODE_CLIENTS := tests/sandbox/node

# An environment whose Python is gone (a system upgrade) counts as not made.
$(shell $(PYTHON) -S -c '' 2>/dev/null || rm -f $(PYTHON) $(RUNTIME) $(TOOLS))

# One command a line; each must pass.
define LINT
$(BIN)/ruff check .
$(BIN)/ruff format --check .
$(BIN)/mypy
$(BIN)/lint-imports
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint chat seed bench fmt system-packages

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile
	@echo "PORT= and HOME_DIR= choose the web port ($(PORT)) and the data folder ($(HOME_DIR))."

run: $(RUNTIME) ## start everything: databases, web, worker, timetable and a pretend town; Ctrl-C ends it
	@SHABAKA_STOP_WITH_PARENT=1 exec $(PYTHON) -m cli run --demo --home "$(HOME_DIR)" --port "$(PORT)"

test: $(TOOLS) system-packages lint ## check everything: style, types, imports, then all tests in random order
	$(BIN)/pytest -n $(TEST_PROCESSES) $(ARGS)

lint: $(TOOLS) ## style, types and the directions of imports
	$(LINT)

chat: $(RUNTIME) ## talk to a running Shabaka as a phone would; ARGS="--sms --phone 0921000001"
	@HOME_DIR="$(HOME_DIR)" PORT="$(PORT)" exec $(PYTHON) -m cli chat --home "$(HOME_DIR)" $(ARGS)

seed: $(RUNTIME) ## put the pretend town's people, plans and routers into the database
	@HOME_DIR="$(HOME_DIR)" PORT="$(PORT)" exec $(PYTHON) -m cli seed $(ARGS)

bench: $(TOOLS) ## measure a claim about speed; NAME=hop ARGS=--json
	@HOME_DIR="$(HOME_DIR)" PORT="$(PORT)" exec $(PYTHON) -m cli bench $(NAME) $(ARGS)

fmt: $(TOOLS) ## put the code in order
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

system-packages:
	@missing=; \
	for package in $(APT_PACKAGES); do \
	  dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "The tests need these system packages; please install them:$$missing" >&2; exit 1; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	policy=/usr/sbin/policy-rc.d; made=; \
	if [ ! -e $$policy ]; then \
	  made=yes; printf '#!/bin/sh\nexit 101\n' >$$policy && chmod 755 $$policy; \
	fi; \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	done=$$?; if [ -n "$$made" ]; then rm -f $$policy; fi; exit $$done

# A virtual environment whose making was interrupted has no pip; it is made again.
$(PYTHON):
	@found=; \
	for python in python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Shabaka needs Python 3.11 or newer with its venv module (on Debian: python3 and python3-venv)." >&2; exit 1; \
	fi; \
	echo "Making the virtual environment with $$($$found --version)."; \
	$$found -m venv --clear $(VENV)

$(RUNTIME): requirements.txt pyproject.toml | $(PYTHON)
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); $(MAKE) --no-print-directory $(PYTHON); }
	@echo "Installing what Shabaka needs to run; this happens once."
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

# Clients of providers that exist for Node only judge our simulators too; pip has brought node and npm.
$(TOOLS): requirements-dev.txt $(NODE_CLIENTS)/package-lock.json $(RUNTIME)
	@echo "Installing the tools for tests and checks; this happens once."
	@$(PIP) install -r requirements-dev.txt
	@PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix $(NODE_CLIENTS) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
