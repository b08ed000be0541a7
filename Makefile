# Each target installs what it needs. Only Python with its venv module is required.
PYTHON ?= python3
VENV ?= .venv
# Use another version of moto: make test MOTO=moto==5.1.22 VENV=.venv-5.1.22
MOTO ?= moto

BIN = $(VENV)/bin
# Print errors only.
PIP = $(BIN)/python -m pip -qq install
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export NPM_CONFIG_UPDATE_NOTIFIER = false

# Required by tests/server/test_javascript.py and tests/browser, which are otherwise skipped
# and not measured.
NODE_MODULES = tests/server/js/node_modules
HAS_SDK = command -v node >/dev/null && test -d $(NODE_MODULES)/amazon-cognito-js
HAS_CHROMIUM = command -v chromium >/dev/null
HAS_BROWSER = $(HAS_SDK) && $(HAS_CHROMIUM) && test -d $(NODE_MODULES)/axe-core && \
  $(BIN)/python -c 'import playwright' 2>/dev/null

.PHONY: help demo test test-oldest test-corners test-async test-docker verify mutants fuzz bench \
  docs site docs-tables screenshots release lint format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.pip:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer with its venv module is required." \
	      "Choose one, for example: make PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing into $(VENV), once. This takes about a minute."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1' # the first version with --group
	@touch $@

$(VENV)/.package: pyproject.toml | $(VENV)/.pip
	@$(PIP) --editable . '$(MOTO)'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/.pip
	@$(PIP) --editable '.[server]' --group test '$(MOTO)'
	@touch $(VENV)/.package $@

# Optional: needed only if there is a browser.
$(VENV)/.browser: $(VENV)/.test
	@$(PIP) --group browser || \
	  echo "pip failed. The tests that need a browser are skipped." >&2
	@touch $@

# One pip call, because aiomoto requires older versions of moto and botocore.
$(VENV)/.async: pyproject.toml | $(VENV)/.pip
	@$(PIP) --editable '.[server]' --group test --group async
	@touch $@

$(VENV)/.docker: $(VENV)/.test
	@$(PIP) --group docker
	@touch $@

$(VENV)/.mutants: $(VENV)/.test
	@$(PIP) --group mutants
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(PIP) --group lint
	@touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/.pip
	@$(PIP) --editable '.[server]' --group docs '$(MOTO)'
	@touch $@

$(VENV)/.release: pyproject.toml | $(VENV)/.pip
	@$(PIP) --group release
	@touch $@

$(VENV)/.fuzz: pyproject.toml | $(VENV)/.pip
	@$(PIP) --editable '.[server]' --group fuzz '$(MOTO)'
	@touch $@

# Optional: everything else works without Node.js.
$(NODE_MODULES): tests/server/js/package.json
	@echo "Installing packages for Node.js into $@, once. This takes about ten seconds."
	@cd $(@D) && npm install --no-audit --no-fund --loglevel=error >/dev/null && \
	  touch $(@F) || \
	  echo "npm failed. The tests that need Node.js are skipped." >&2

demo: $(VENV)/.package ## create and delete a dataset in a mock
	@$(BIN)/python examples/delete_dataset.py

# pytest imports our plugin before pytest-cov starts measuring, so run coverage directly.
# Measure coverage only for the whole suite. Print the report only if coverage is
# incomplete; otherwise, keep pytest's summary as the last line.
test: ## run the tests and check their coverage (ARGS: run only these, without coverage)
	@$(if $(ARGS),,echo "The tests take about ten minutes on two cores.")
	@$(MAKE) --no-print-directory $(VENV)/.test $(NODE_MODULES) \
	  $$(! $(HAS_CHROMIUM) || echo $(VENV)/.browser)
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses 2 --dist worksteal
	@$(BIN)/coverage combine --quiet
	@omit=$$($(HAS_BROWSER) || echo '*/tests/browser/*')$$($(HAS_SDK) || echo ',*/test_javascript.py'); \
	report=$$($(BIN)/coverage report --omit="$$omit") || { echo "$$report"; exit 1; }
endif

test-oldest: ## run the tests on the oldest supported moto
	@$(MAKE) --no-print-directory test VENV=.venv-oldest MOTO=moto==5.0.0

test-corners: VENV = .venv-nox
test-corners: ## run the tests on the oldest and the newest versions of everything
	@$(MAKE) --no-print-directory VENV=$(VENV) $(VENV)/.pip
	@$(PIP) nox
	$(BIN)/nox --session corners

test-async: VENV = .venv-async
test-async: ## run the asyncio tests with aiomoto
	@$(MAKE) --no-print-directory VENV=$(VENV) $(VENV)/.async
	$(BIN)/python -m pytest -k async tests/mock/test_async.py tests/project/test_documentation.py

test-docker: VENV = .venv-docker
test-docker: ## build the Docker image and run the examples that use it (needs Docker)
	@$(MAKE) --no-print-directory VENV=$(VENV) $(VENV)/.docker $(NODE_MODULES)
	docker build --tag moto-cognitosync .
	docker compose --file examples/docker/compose.yaml run --rm tests
	docker compose --file examples/docker/compose.yaml down
	cd $(dir $(NODE_MODULES)) && npm install --no-audit --no-fund --no-save testcontainers
	$(BIN)/python -m pytest -k docker.md tests/project/test_documentation.py \
	  tests/server/test_javascript.py

# REGION and ACCOUNT are required; pytest reports an error if one is missing.
verify: $(VENV)/.test ## run tests against AWS, in the given REGION and ACCOUNT
	$(BIN)/python -m pytest -p no:randomly $(ARGS) --against-aws $(REGION) $(ACCOUNT)

# mutmut does not notice changed tests, so start over. If ARGS selects mutants, keep the
# results of all others.
mutants: $(VENV)/.mutants ## mutation testing: list mutants that no test kills (ARGS: select)
	@$(if $(ARGS),,rm -rf mutants)
	$(BIN)/mutmut run $(ARGS)
	@$(BIN)/python -m mutation

# In a separate environment, because atheris is available for Linux only.
fuzz: VENV = .venv-fuzz
fuzz: ## search for input that crashes the mock (needs Linux)
	@$(MAKE) --no-print-directory VENV=$(VENV) $(VENV)/.fuzz
	@$(BIN)/python -m fuzz $(ARGS)

# Instructions are counted if valgrind is installed.
bench: $(VENV)/.test ## measure performance and print a table
	@$(BIN)/python -m benchmarks \
	  $$(command -v valgrind >/dev/null && echo --instructions) $(ARGS)

# In a separate environment, because Sphinx and the AWS CLI need different docutils.
docs: ## build the documentation
	@$(MAKE) --no-print-directory site VENV=.venv-docs

# Read all pages again (-E), because Sphinx does not repeat warnings for unchanged pages.
site: $(VENV)/.docs ## build the documentation in the environment VENV
	@$(BIN)/sphinx-build -q -E -n -W --keep-going docs build/docs
	@echo "$(CURDIR)/build/docs/index.html"

docs-tables: $(VENV)/.test ## update docs/background/operations.md from the tests
	@$(BIN)/python -m tests.project.operations_table docs/background/operations.md

screenshots: $(VENV)/.browser $(NODE_MODULES) ## update the screenshots in the documentation
	@SCREENSHOTS=docs/_static $(BIN)/python -m pytest --quiet tests/browser/test_screenshots.py

# The wheel is built from the sdist. Test each in a new environment that contains only the
# package, mypy and pytest, and use the sdist as a source tree.
release: $(VENV)/.release ## build the sdist and the wheel in dist, and test them
	@rm -rf dist build/release && mkdir -p build/release
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	@set -e; for file in dist/*; do \
	  echo "Testing $$file"; \
	  $(PYTHON) -m venv --clear build/release/venv; \
	  build/release/venv/bin/python -m pip -qq install "$$file" mypy pytest; \
	  build/release/venv/bin/python -m pytest --quiet wheel_tests; \
	done
	@tar -xzf dist/*.tar.gz -C build/release
	$(MAKE) -C build/release/moto_cognitosync-* VENV=.venv demo

lint: $(VENV)/.lint ## check style, spelling and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/basedpyright

format: $(VENV)/.lint ## fix style and format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove environments, built documentation and mutants
	rm -rf .venv* build dist mutants $(NODE_MODULES)
