# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test laws lint build clean samples benchmarks

help:
	@echo "make demo        install into $(VENV), score the sample calls, write demo/report.html"
	@echo "make test        lint, types, import contracts and all tests"
	@echo "make laws        the laws of tests/property on many new random examples (half an hour and more)"
	@echo "make lint        lint, types and import contracts only"
	@echo "make build       the wheel, in dist/"
	@echo "make clean       remove $(VENV), demo/ and dist/"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("asr_qa needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "the module venv is missing: apt-get install python3-venv"; exit 1; }

$(STAMP): $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[base-model,dev]'
	$(BIN)/asr-qa models pull voices
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/asr-qa demo

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile

laws: $(STAMP)
	$(BIN)/python -m pytest tests/property --hypothesis-profile search -n auto

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

build: $(STAMP)
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) demo dist
