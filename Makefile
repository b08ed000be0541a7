# Each target builds the environment it needs, from Python and its venv alone.
PYTHON ?= python3
VENV ?= .venv
# Another version of moto: make test MOTO='moto[server]==5.0.0' VENV=.venv-oldest
MOTO ?= moto[server]

BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: help demo test test-oldest lint format clean

help:
	@echo "make demo   delete a dataset, in a mock: a first look"
	@echo "make test   run the tests and measure their coverage"
	@echo "make lint   check style and types"
	@echo "make format put the sources into shape"

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[server]' --group test '$(MOTO)'
	@touch $@

demo: $(READY)
	$(BIN)/python examples/delete_dataset.py

# coverage starts before pytest, which loads the plugin before it starts pytest-cov.
test: $(READY)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-oldest:
	$(MAKE) test VENV=.venv-oldest MOTO='moto[server]==5.0.0'

$(VENV)/.lint: $(READY)
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

lint: $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv*
