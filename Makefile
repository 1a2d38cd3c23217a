# Two commands do everything on a machine with Python and git:  make verify  and  make test
PYTHON ?= python3
# what is loaded is compiled once, and not by every process anew
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
READY := .venv/.ready
TESTABLE := .venv/.testable
DOCUMENTED := .venv/.documented
SITE := out/site
QUIET := --quiet --disable-pip-version-check
PIP := $(BIN)/python -m pip install $(QUIET) --constraint constraints.txt
LOWEST := .venv-lowest
# what claims, pictures and the digits load, besides torch
HEAVY := cvxpy, hypothesis, matplotlib.pyplot, pqtheory.cli, scipy.optimize, sklearn.datasets, sympy, z3
# pip works on one core: what is large, or has a long page in the index, is installed first, by two of them side by side
FIRST := cvc5 fonttools highspy networkx pillow scs sparsediffpy torch
SECOND := cvxpy hypothesis matplotlib numpy scikit-learn scipy sympy z3-solver hatchling editables packaging pathspec \
	pluggy tomlkit trove-classifiers
# what the versions of others can break, without the long proofs
FAST := tests/testing tests/conformance tests/regularizers tests/quantizers tests/methods tests/problems \
	tests/signs tests/stability tests/test_arrays.py tests/test_simulate.py tests/test_schedules.py tests/test_import.py \
	tests/test_package.py tests/evidence tests/cli/test_commands.py tests/cli/test_claims_table.py tests/networks/optim \
	tests/networks/models tests/networks/tables tests/networks/training/test_settings.py tests/plotting

.PHONY: help verify test test-lowest docs package lint bench mutate clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

verify: $(READY)  ## check every claim, train on the digits, write pictures and out/report.html
	$(BIN)/pqtheory verify --jobs 2 --require certified --out out

test: $(TESTABLE) lint  ## lint, types, all tests, branch coverage of floors 1 to 4
	$(BIN)/python -m pytest -n auto --cov --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=95

lint: $(TESTABLE)  ## style, types, and imports that point down
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test-lowest:  ## fast tests with the lowest versions that pyproject.toml admits, in an environment of their own
	@test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install $(QUIET) --constraint constraints-lowest.txt hatchling editables
	$(LOWEST)/bin/python -m pip install $(QUIET) --constraint constraints-lowest.txt --no-build-isolation --editable '.[test]'
	$(LOWEST)/bin/python -m pytest -q $(FAST)

docs: $(DOCUMENTED)  ## the site, in out/site: pages, theorems, gallery, reference; a warning or a broken link ends it
	$(BIN)/python -m sphinx -W --keep-going -q -d out/doctrees docs $(SITE)
	$(BIN)/python docs/_ext/check_site.py $(SITE)

package: $(READY)  ## the sdist and the wheel, in dist/
	$(BIN)/python -m hatchling build

bench: $(READY)  ## speed, as ratios measured side by side; writes experiments/results/benchmarks.md
	$(BIN)/python -m experiments.benchmarks

mutate: $(TESTABLE)  ## mutation testing, hours; PART='pqtheory/stability --sample 30' for less; writes experiments/results/mutation.md
	$(PIP) mutmut
	$(BIN)/python -m experiments.mutation --jobs 2 $(PART)

$(READY): pyproject.toml constraints.txt
	@echo "setting up .venv (once; torch makes it take half a minute or more)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@# what is used is compiled as it is loaded: a tenth of all there is
	@$(PIP) --no-compile --no-deps $(FIRST) & first=$$!; \
		$(PIP) --no-compile --no-deps $(SECOND); second=$$?; wait $$first && exit $$second
	@# all that is still missing
	@$(PIP) --no-compile --no-build-isolation --editable '.[all]'
	@# once, on two cores, and not by each process of its own
	@$(BIN)/python -c 'import torch' & first=$$!; \
		$(BIN)/python -c 'import $(HEAVY)'; second=$$?; wait $$first && exit $$second
	@touch $@

$(TESTABLE): $(READY)
	@$(PIP) --no-compile --no-build-isolation --editable '.[test,integrations,notebook,browser]'
	@# all of it, on all cores, without the warnings of others' sources, which the tests would take for errors; a few
	@# files are written for other versions of Python
	@-$(BIN)/python -W ignore -m compileall -qq -j 0 $$($(BIN)/python -c 'import site; print(*site.getsitepackages())')
	@touch $@

$(DOCUMENTED): $(READY)
	@$(PIP) --no-compile --no-build-isolation --editable '.[docs]'
	@touch $@

clean:  ## remove the environment and everything generated
	rm -rf .venv .venv-lowest dist out mutants docs/theorems docs/api docs/pictures .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
