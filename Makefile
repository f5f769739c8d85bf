# Needs make and Python 3.11 or newer; the environment is .venv, made once and renewed when its two sources change.
.DEFAULT_GOAL := help
.PHONY: help install report examples test lint bench notebooks constraints

BIN := .venv/bin
STAMP := .venv/.installed
ENGINES := .venv/.engines
# With KPIKIT_REQUIRE_ALL=1 the environment holds the drivers of every engine, so that no test is skipped.
READY := $(STAMP) $(if $(filter 1,$(KPIKIT_REQUIRE_ALL)),$(ENGINES))
# First a Python of your choice (make install PYTHON=/path/to/python3.12), then the usual names.
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done
	@echo '  ARGS="…" is handed on, as in: make test ARGS="tests/test_periods.py"'

install: $(READY) ## make the environment in .venv (about two minutes, once)
	@echo "The environment is ready: .venv"

report: $(STAMP) ## run every notebook on the embedded data, then print the page to open
	@$(BIN)/kpikit run --jobs 2 $(ARGS)

examples: $(STAMP) ## make reports/examples/ and the picture in the README anew (ten minutes)
	@$(BIN)/python docs/examples.py

test: $(READY) ## run the tests; KPIKIT_REQUIRE_ALL=1 turns a skip for a missing engine or browser into a failure
	@$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(STAMP) ## check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## run the benchmarks, print their ratios, write docs/benchmarks.md (an hour; ARGS=--quick for a look)
	@$(BIN)/python -m benchmarks.run $(ARGS)

notebooks: $(STAMP) ## strip outputs from the notebooks and format their cells
	@$(BIN)/nbstripout --keep-id notebooks/*.ipynb
	@$(BIN)/ruff format notebooks

constraints: ## resolve constraints.txt anew (needs uv)
	@printf 'hatchling>=1.27\neditables>=0.5\n' | uv pip compile pyproject.toml - --extra dev --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make constraints" \
	  --quiet --output-file constraints.txt
	@uv pip compile pyproject.toml --extra postgres --extra spark --extra schedule --constraints constraints.txt --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make constraints" --quiet \
	  $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' constraints.txt) --output-file constraints-engines.txt
	@echo "constraints.txt: $$(grep -c '==' constraints.txt) exact versions, constraints-engines.txt: $$(grep -c '==' constraints-engines.txt)"

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

$(ENGINES): $(STAMP) constraints-engines.txt
	@set -e; \
	if command -v uv >/dev/null 2>&1; then install="uv pip install --quiet --python $(BIN)/python"; \
	else install="$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check"; fi; \
	echo "Installing the drivers of PostgreSQL and Spark, and jupyter-scheduler (a minute) …"; \
	$$install --no-deps --require-hashes -r constraints-engines.txt; \
	$(BIN)/python -m pip check >/dev/null 2>&1 || { $(BIN)/python -m pip check; exit 1; }; \
	touch $(ENGINES)
