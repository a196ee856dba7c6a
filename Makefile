# Two commands do all: make book, make test. `make help` lists the others.
#
#   TORCH_INDEX=URL   take torch from another index (CPU only, or a CUDA version)
#   PYTHON=python3.12 make the environment with this Python (3.11 or 3.12)
#   CASE="NAME ..."   the benchmark's cases (all of them); RECORD=1 keeps the times for the page
#   MEMORIZE_SEED, MEMORIZE_TIER, MEMORIZE_DEVICE, MEMORIZE_JOBS: see README.md

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check
READY := $(VENV)/ready
PEERS := .venv-peers
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
TORCH_NOW := $(shell cat $(VENV)/torch-index 2>/dev/null)
OTHER_TORCH := $(if $(TORCH_INDEX),$(filter-out $(TORCH_NOW),$(TORCH_INDEX)))
INDEX := $(or $(TORCH_INDEX),$(TORCH_NOW))
PORT ?= 8000

# A person's own settings must not reach into the environment or the pages.
unexport PYTHONPATH PYTHONHOME
export PYTHONNOUSERSITE := 1

.PHONY: help env book test notebooks lint serve bench bench-book gpu lock clean distclean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

env: $(READY) ## make the environment (.venv) alone

book: $(READY) ## execute what is out of date and build the pages into _build/html
	@$(RUN) -m memorize.book.build

test: book ## build the book, then run all tests: unit, notebooks, pages
	@$(RUN) -m pytest --nbval --nbval-current-env --nbval-kernel-startup-timeout 600 \
	  --numprocesses auto --dist loadfile $(TESTS)

notebooks: $(READY) ## execute what is out of date and write the notebooks beside the texts
	@$(RUN) -m memorize.book.execute

lint: $(READY) ## check style, formatting and types
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy

serve: book ## build the book and serve it at localhost (PORT=8000)
	@echo "http://localhost:$(PORT)/  (stop with Ctrl-C)"
	@$(RUN) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

bench: $(READY) $(PEERS)/ready ## time the library beside its peers (CASE="...", RECORD=1)
	@$(RUN) bench/run.py --peers $(PEERS)/bin/python $(if $(RECORD),--record) $(CASE)

bench-book: $(READY) ## time the book: from clean, after edits, its notebooks (RECORD=1)
	@$(RUN) bench/book.py $(if $(RECORD),--record)

# It needs no more than torch and what pyproject.toml names beside it: .venv where there is one.
GPU_PYTHON ?= $(if $(wildcard $(READY)),$(RUN),python3)
gpu: ## run the gpu tier on this machine's CUDA device, or CHAPTER=part/name of it
	@PYTHONPATH=src $(GPU_PYTHON) -m memorize.gpu $(CHAPTER)

lock: $(READY) ## resolve pyproject.toml anew and write requirements.lock
	@$(RUN) tools/lock.py

clean: ## remove all that was built; the environment stays
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools bench -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the environment too
	rm -rf $(VENV) $(PEERS) src/memorize.egg-info

# The environment follows the lock; another TORCH_INDEX replaces torch alone.
$(READY): requirements.lock pyproject.toml $(if $(OTHER_TORCH),other-torch)
	@[ -x $(RUN) ] || { \
	  python="$(PYTHON)"; \
	  for name in python3 python3.12 python3.11; do \
	    [ -z "$$python" ] && $$name -c "$(SUITS)" 2>/dev/null && python=$$name; \
	  done; \
	  [ -n "$$python" ] || { echo "Python 3.11 or 3.12 is needed: set PYTHON=..." >&2; exit 1; }; \
	  echo "making $(VENV) with $$($$python --version): this takes some minutes, once"; \
	  $$python -m venv --clear $(VENV); \
	}
	$(if $(OTHER_TORCH),@$(PIP) uninstall --quiet --yes torch)
	@$(PIP) install --quiet $(if $(INDEX),--extra-index-url "$(INDEX)") -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(RUN) -c 'import matplotlib.font_manager'  # makes its cache here, not within a page
	@echo '$(INDEX)' > $(VENV)/torch-index
	@touch $@

# The peers' own environment. Where it cannot be made, the benchmark says so and goes on without.
$(PEERS)/ready: bench/requirements-peers.txt | $(READY)
	@echo "making $(PEERS), the environment of the benchmark's peers: once"
	@rm -rf $(PEERS)
	@{ $(RUN) -m venv $(PEERS) && $(PEERS)/bin/python -m pip --disable-pip-version-check install \
	  --quiet --no-deps -r $< && touch $@; } || { echo "the peers cannot be had" >&2; rm -rf $(PEERS); }

.PHONY: other-torch
other-torch:
