# Needs make and Python 3.11 or newer; the environment is .venv, made once and renewed when its two sources change.
.DEFAULT_GOAL := help
.PHONY: help install report test lint bench notebooks constraints

BIN := .venv/bin
STAMP := .venv/.installed
# First a Python of your choice (make install PYTHON=/path/to/python3.12), then the usual names.
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done
	@echo '  ARGS="…" is handed on, as in: make test ARGS="tests/test_periods.py"'

install: $(STAMP) ## make the environment in .venv (about two minutes, once)
	@echo "The environment is ready: .venv"

report: $(STAMP) ## run every notebook on the embedded data, then print the page to open
	@$(BIN)/kpikit run --jobs 2 $(ARGS)

test: $(STAMP) ## run the tests; KPIKIT_REQUIRE_ALL=1 turns a skip for a missing engine or browser into a failure
	@$(BIN)/python -m pytest $(ARGS)

lint: $(STAMP) ## check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(STAMP) ## run the benchmarks and print their ratios
	@set -e; for script in benchmarks/[a-z]*.py; do \
	  if [ -f "$$script" ]; then echo "$$script"; $(BIN)/python "$$script" $(ARGS); else echo "No benchmark yet: benchmarks/ holds no .py file."; fi; \
	done

notebooks: $(STAMP) ## strip outputs from the notebooks and format their cells
	@$(BIN)/nbstripout --keep-id notebooks/*.ipynb
	@$(BIN)/ruff format notebooks

constraints: ## resolve constraints.txt anew (needs uv)
	@printf 'hatchling>=1.27\neditables>=0.5\n' | uv pip compile pyproject.toml - --extra dev --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make constraints" \
	  --quiet --output-file constraints.txt
	@echo "constraints.txt: $$(grep -c '==' constraints.txt) exact versions"

# Every version is in constraints.txt, the build backend's too, so nothing is resolved here; the pip check proves the set whole.
$(STAMP): pyproject.toml constraints.txt
	@set -e; \
	if command -v uv >/dev/null 2>&1; then \
	  $(BIN)/python -c '$(ENOUGH)' 2>/dev/null || { echo "Making .venv with uv …"; uv venv --quiet --seed --clear --python '>=3.11' .venv; }; \
	  pip="uv pip"; install="uv pip install --quiet --compile-bytecode"; into="--python $(BIN)/python"; \
	else \
	  $(BIN)/python -c 'import pip; $(ENOUGH)' 2>/dev/null || { \
	    chosen=; unable=; \
	    for python in $(PYTHONS); do \
	      "$$python" -c '$(ENOUGH)' 2>/dev/null || continue; \
	      if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then chosen=$$python; break; fi; \
	      unable="$${unable:-$$python}"; \
	    done; \
	    if [ -z "$$chosen" ] && [ -n "$$unable" ]; then \
	      version=$$("$$unable" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
	      echo "$$unable ($$version) cannot make an environment: Debian and Ubuntu keep that part in a package of its own." >&2; \
	      echo "Install it, then try again: sudo apt-get install $$version-venv" >&2; exit 1; \
	    elif [ -z "$$chosen" ]; then \
	      echo "kpikit needs Python 3.11 or newer; tried $(strip $(PYTHONS))." >&2; \
	      echo "Install one, or name yours: make install PYTHON=/path/to/python3.12" >&2; exit 1; \
	    fi; \
	    echo "Making .venv with $$chosen …"; "$$chosen" -m venv --clear .venv; \
	  }; \
	  pip="$(BIN)/python -m pip"; install="$$pip install -qq --no-input --disable-pip-version-check"; into=; \
	fi; \
	echo "Installing the packages of constraints.txt (one to three minutes) …"; \
	$$install $$into --no-deps --require-hashes -r constraints.txt; \
	echo "Installing kpikit from this folder …"; \
	$$install $$into --no-deps --no-build-isolation -e .; \
	$$pip check $$into >/dev/null 2>&1 || { $$pip check $$into; exit 1; }; \
	touch $(STAMP)
