# Everything here can be run again; what is already done is not done again.
#   make demo [DATA=folder-or-file]   set everything up, then run the main job
#   make test                         set everything up, then check and test everything
#   make quick                        while you work: the checks and most tests, in a minute, without any server
#   make bench                        print the tables of tests/bench
#   make docs                         the documentation as a site, in .millstream/docs
#   make localstack-check             run LocalStack's core without Docker and test against it (needs python3.13, npm)
#   make lock                         write infra/locked.txt anew, with what pyproject.toml asks for (UPGRADE=1: the newest)
#   make sam-build [ARCH=x86_64]      what sam deploy deploys, in .aws-sam/build
#   make lower-bounds                 the quick tests with the lowest versions that pyproject.toml allows
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
NEURAL := $(VENV)/.neural
LOCK   := infra/locked.txt
SAM    := .millstream/sam/bin/sam

.DEFAULT_GOAL := help
.PHONY: help setup neural demo test quick check bench docs localstack-check lock lower-bounds sam sam-build clean

help:
	@sed -n '2,10s/^# *//p' Makefile

setup: $(STAMP)

# pip is brought up to date first: dependency groups need pip 25.1, --build-constraint 25.3.
$(STAMP): pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Millstream needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "Setting up $(VENV) (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==26.2'
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off \
		--constraint $(LOCK) --build-constraint $(LOCK) --editable '.[lab]' --group dev \
		| sed -n 's/^Collecting \([^ ;<>=!~]*\).*/  \1/p'
	@touch $@

# PyTorch and a text encoder, for the lab's neural models and their tests.
neural: $(NEURAL)

$(NEURAL): $(STAMP)
	@echo "Adding PyTorch (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(LOCK) --build-constraint $(LOCK) --editable '.[lab,neural]'
	@touch $@

demo: setup
	@$(BIN)/millstream demo $(if $(DATA),--data "$(DATA)")

# Two workers, and what shares a local cloud goes to one of them: tests/conftest.py names it.
test: check
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup

# Tests that need no server, no build and no PyTorch (mypy needs it); each property with a few examples.
SLOW := tests/bench tests/unit/tools/lab tests/contract/test_recommenders.py tests/contract/test_scorer.py \
	tests/infra/test_sam_build.py tests/infra/test_docs.py tests/property/test_sequence_model.py tests/property/test_fault_sweep.py \
	tests/property/test_fault_sweep_can_fail.py

quick: check
	@HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n 2 -m "not cloud" $(SLOW:%=--ignore=%)

# Formatting, lint, types, and the direction of the imports.
check: neural
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m tests.bench

# The same build, into a temporary folder, is a test.
docs: setup
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --conf-dir docs . .millstream/docs
	@echo "Open .millstream/docs/docs/index.html"

# Not part of `make test`: it downloads half a gigabyte. PYTHON313=path where python3.13 is not on the PATH.
PYTHON313 ?= python3.13

localstack-check: neural
	@$(BIN)/python -m millstream_tools.cloud.localstack.verify --python $(PYTHON313)

# uv resolves for every system and Python at once, which pip does not; nothing else needs it.
UV := $(BIN)/uv

$(UV): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

lock: $(UV)
	@$(UV) pip compile pyproject.toml --extra lab --extra neural --group dev --universal --python-version 3.11 \
		--fork-strategy fewest --no-annotate --custom-compile-command 'make lock' --quiet \
		$(if $(UPGRADE),--upgrade) --output-file $(LOCK)
	@for layer in $(wildcard layers/*/requirements.in); do \
		$(UV) pip compile $$layer --universal --python-version 3.13 --generate-hashes --no-annotate --quiet \
			--custom-compile-command 'make lock' --output-file $${layer%.in}.txt || exit 1; \
	done

# Without PyTorch, as `make quick`.
LOWEST := .millstream/lower-bounds

lower-bounds: $(UV)
	@$(PYTHON) -m venv --clear $(LOWEST)
	@$(UV) pip compile --no-config pyproject.toml --extra lab --group dev --resolution lowest-direct --quiet \
		--no-annotate --no-header --python $(LOWEST) --output-file $(LOWEST)/lowest.txt
	@$(UV) pip install --no-config --quiet --python $(LOWEST) --requirement $(LOWEST)/lowest.txt
	@$(UV) pip install --no-config --quiet --python $(LOWEST) --no-deps --editable .
	@HYPOTHESIS_PROFILE=quick $(LOWEST)/bin/python -m pytest -q -n 2 -m "not cloud" $(SLOW:%=--ignore=%)

# The SAM command line has an environment of its own: its pins do not go with ours.
sam: $(SAM)

$(SAM):
	@echo "Installing the SAM command line in .millstream/sam (once)"
	@$(PYTHON) -m venv .millstream/sam
	@.millstream/sam/bin/python -m pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0

# ARCH=x86_64 for the other processor. What is built for one is not deployed for the other.
ARCH ?= arm64

sam-build: setup $(SAM)
	@$(SAM) build --parameter-overrides Architecture=$(ARCH)
	@$(BIN)/python -m millstream_tools.cloud.built .aws-sam/build/template.yaml $(ARCH)

clean:
	rm -rf $(VENV) .millstream .aws-sam
