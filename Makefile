# Each target builds the environment it needs, from Python and its venv alone.
PYTHON ?= python3
VENV ?= .venv
# Another version of moto: make test MOTO=moto==5.1.22 VENV=.venv-5.1.22
MOTO ?= moto

BIN = $(VENV)/bin
# Twice quiet: only errors are shown.
PIP = $(BIN)/python -m pip --disable-pip-version-check -qq install

# What tests/test_javascript.py needs. Without it the file is skipped, so not measured.
NODE_MODULES = tests/js/node_modules
HAS_SDK = command -v node >/dev/null && test -d $(NODE_MODULES)/@aws-sdk

.PHONY: help demo test test-oldest test-corners test-async verify mutants fuzz bench docs site \
  docs-tables lint format clean

help:
	@echo "make demo    delete a dataset, in a mock: a first look"
	@echo "make test    run the tests and measure their coverage"
	@echo "make bench   measure how fast it is, and print a table"
	@echo "make docs    build the site of the documents"
	@echo "make lint    check style and types"
	@echo "make format  put the sources into shape"
	@echo "make clean   remove the environments and the site that were made"

$(VENV)/.package: pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "This needs Python 3.10 or newer, with its venv module." \
	      "Name one: make PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing into $(VENV). It takes a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1' # the first that knows --group
	@$(PIP) --editable . '$(MOTO)'
	@touch $@

$(VENV)/.test: $(VENV)/.package
	@echo "Installing what the tests need into $(VENV). It takes a minute, once."
	@$(PIP) --editable '.[server]' --group test '$(MOTO)'
	@touch $@

# In one step, as aiomoto needs a moto, and a botocore, that is not the newest.
$(VENV)/.async: $(VENV)/.package
	@echo "Installing what the tests need into $(VENV). It takes a minute, once."
	@$(PIP) --editable '.[server]' --group test --group async
	@touch $@

$(VENV)/.mutants: $(VENV)/.test
	@$(PIP) --group mutants
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(PIP) --group lint
	@touch $@

# Nobody has to have node to work on the rest.
$(NODE_MODULES): tests/js/package.json
	@echo "Installing the AWS SDK for JavaScript into $@. It takes a few seconds, once."
	@cd $(@D) && npm install --no-audit --no-fund --loglevel=error >/dev/null && \
	  touch $(@F) || \
	  echo "That needs npm and a recent node: its tests are skipped without them." >&2
$(VENV)/.docs: $(VENV)/.package
	@$(PIP) --editable '.[server]' --group docs '$(MOTO)'
	@touch $@

$(VENV)/.fuzz: $(VENV)/.package
	@$(PIP) --editable '.[server]' --group fuzz '$(MOTO)'
	@touch $@

demo: $(VENV)/.package
	@$(BIN)/python examples/delete_dataset.py

# By coverage, not by pytest-cov: pytest loads the plugin, which is to be measured,
# before it would start the measurement.
# With arguments it is not measured: some of the tests do not cover all.
test: $(VENV)/.test $(NODE_MODULES)
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $$($(HAS_SDK) || echo --omit=tests/test_javascript.py)
endif

test-oldest:
	$(MAKE) test VENV=.venv-oldest MOTO=moto==5.0.0

# Of these Pythons, those that are there.
test-corners: VENV = .venv-nox
test-corners:
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) nox
	$(BIN)/nox --session corners

test-async: VENV = .venv-async
test-async:
	@$(MAKE) VENV=$(VENV) $(VENV)/.async
	$(BIN)/python -m pytest -k async tests/test_async.py tests/test_documentation.py

# REGION and ACCOUNT have to be named; pytest refuses to start without.
verify: $(VENV)/.test
	$(BIN)/python -m pytest -p no:randomly $(ARGS) --against-aws $(REGION) $(ACCOUNT)

# From the start, as mutmut does not see which tests have changed; but what is known of
# all others is kept if some are named.
mutants: $(VENV)/.mutants
	@$(if $(ARGS),,rm -rf mutants)
	$(BIN)/mutmut run $(ARGS)
	@$(BIN)/python -m mutation

# In an environment of its own: not everybody can install atheris.
fuzz: VENV = .venv-fuzz
fuzz:
	@$(MAKE) --no-print-directory VENV=$(VENV) $(VENV)/.fuzz
	@$(BIN)/python -m fuzz $(ARGS)

# Instructions are counted where valgrind is installed.
bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks \
	  $$(command -v valgrind >/dev/null && echo --instructions) $(ARGS)

docs-tables: $(VENV)/.test
	@$(BIN)/python -m tests.operations_table docs/operations.md

# In an environment of its own: Sphinx and the AWS CLI do not agree on their docutils.
docs:
	@$(MAKE) --no-print-directory site VENV=.venv-docs

# All pages anew, as a page that is not read again would keep its warnings to itself.
site: $(VENV)/.docs
	@$(BIN)/sphinx-build -q -E -n -W --keep-going docs build/docs
	@echo "$(CURDIR)/build/docs/index.html"

lint: $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/basedpyright

format: $(VENV)/.lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv* build mutants $(NODE_MODULES)
