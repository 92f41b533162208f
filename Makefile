# What a reader types. Each target sets up what it needs in .venv, once, and leaves everything else alone.
# Another interpreter: make test PYTHON=python3.13

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?=
TORCH := PyTorch is not in .venv, so nothing is compared with it: docs/speed.md has the commands that install it.

.DEFAULT_GOAL := help
.PHONY: help figures test fuzz notebook book study dist parity bench lint clean
.DELETE_ON_ERROR:

help:
	@echo 'make figures    regenerate every figure from bundled data into figures/out'
	@echo 'make test       run the theorems and all other tests'
	@echo 'make fuzz       read 20,000 damaged files of all formats, about ten minutes'
	@echo 'make notebook   open the chapters in JupyterLab'
	@echo 'make book       execute the chapters and build the book in docs/_build/html'
	@echo 'make study      run a study: NAME=... and, if wanted, DATA= SEEDS= JOBS=; without NAME, list them'
	@echo 'make dist       build wheel and source distribution into dist, and try the wheel'
	@echo 'make parity     compare losses, gradients and training steps with PyTorch'
	@echo 'make bench      run the benchmarks'
	@echo 'make lint       check the style of the code'
	@echo 'make clean      remove what the other targets generated; .venv stays'

figures: $(VENV)/.with-runtime
	$(PY) -m figures

test: $(VENV)/.with-test
	$(PY) -m pytest --hypothesis-profile=ci -n 2 --dist loadfile

fuzz: $(VENV)/.with-test
	$(PY) -m tools.fuzz_files --count 20000

notebook: $(VENV)/.with-notebook
	$(PY) -m tools.chapters
	$(PY) -m jupyterlab --notebook-dir=chapters

book: $(VENV)/.with-book
	rm -rf docs/_build
	$(PY) -m sphinx -W --keep-going -q -b html -c docs . docs/_build/html
	$(PY) -m tools.book_offline docs/_build/html

study: $(VENV)/.with-study
	$(PY) -m studies $(if $(NAME),run $(NAME),list) $(if $(DATA),--data $(DATA)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(JOBS),--jobs $(JOBS))

dist: $(VENV)/.with-dist
	rm -rf dist
	$(PY) -m build
	$(PY) -m twine check --strict dist/*
	$(PY) -m tools.distribution dist

parity: $(VENV)/.with-test
	@$(PY) -c 'import torch' 2>/dev/null || { echo '$(TORCH)' >&2; exit 1; }
	$(PY) -m pytest tests/parity --hypothesis-profile=ci

bench: $(VENV)/.with-runtime
	@$(PY) -c 'import torch' 2>/dev/null || echo '$(TORCH)' >&2
	$(PY) -m benchmarks.run

lint: $(VENV)/.with-lint
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m mypy
	$(PY) -m tools.readability

clean:
	rm -rf figures/out docs/_build build dist .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name $(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

# --- set-up: .venv, then the package, alone or with the extra that a target needs --------------------------------
# --no-compile saves 100 MB and 15 seconds: Python compiles the modules that are used, when they are used. Nothing
# here needs the setuptools that older Pythons put into a new environment.

$(VENV)/.with-%: pyproject.toml | $(VENV)/.ready
	@echo 'Setting up .venv ($*): a minute or two, this once.'
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --editable '.$(if $(filter-out runtime,$*),[$*])' \
	    || { echo 'make: pip could not set up .venv ($*); its message is above.' >&2; exit 1; }
	@touch $@

$(VENV)/.ready:
	@python= ; for each in $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	    if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'make: Python 3.11 or newer is needed$(if $(PYTHON), and "$(PYTHON)" is none). Install it, or name it: make PYTHON=/path/to/python3.' >&2; \
	    exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "make: $$python lacks the venv module. On Debian and Ubuntu: apt install python3-venv." >&2; exit 1; \
	fi; \
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	    $$python -m venv --clear $(VENV) && $(PY) -m pip uninstall -qq --yes setuptools; \
	fi
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'make: .venv holds a Python older than 3.11; remove it (rm -r .venv) and try again.' >&2; exit 1; }
	@touch $@
