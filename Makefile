# Everything runs in an environment of its own, .venv, made on first use.
# uv is used where it is installed; plain python3 and pip otherwise.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SMOKE_READY := $(VENV)/.smoke-ready
UV := $(shell command -v uv 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test smoke lint types contracts bench eval pictures fit check wheel clean

demo: $(READY)
	@sh .ci/demo $(BIN)/citeloom

test: $(READY)
	$(BIN)/python -m pytest

# The tests with a real model; it is installed for them alone, since it weighs 350 MB.
smoke: $(SMOKE_READY)
	$(BIN)/python -m pytest --numprocesses=0 tests/smoke

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m evals.bench $(BENCH)

# The whole development set through the agent and the baselines; writes the tables of evals/README.md.
eval: $(READY)
	$(BIN)/python -m evals.tables --write

# The pictures in the README.
pictures: $(READY)
	$(BIN)/python -m tests.tui.pictures

fit: $(READY)
	$(BIN)/python -m evals.fit_quoting --write

check: lint types contracts test

wheel: $(READY)
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) dist build

$(READY): pyproject.toml constraints.txt
	@echo "making $(VENV) with all that Citeloom needs; this takes a minute or two"
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
endif
	@touch $(READY)

$(SMOKE_READY): $(READY)
ifdef UV
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev,smoke]'
else
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,smoke]'
endif
	@touch $(SMOKE_READY)
