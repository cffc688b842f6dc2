# Everything sets itself up: a fresh clone needs Python 3.11 or newer and make, nothing else.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# What a change of the pins or of the declared packages makes stale.
PINS := pyproject.toml tools/environment.sh
ARGS ?=
# How many tests run at once: of three, one waits for a server or a browser most of the time.
WORKERS ?= 3
# Bytecode is kept, whatever the machine says: half of what collecting the tests takes is to compile them.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help install run demo test faults lint types unit format bench docs pictures constraints clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

install: $(VENV)/.installed ## Set up .venv with what Tokometer needs

run: $(VENV)/.installed ## Serve this machine's own usage at http://127.0.0.1:7420 (ARGS="--port 8000 …")
	@exec $(BIN)/tokometer serve $(ARGS)

demo: $(VENV)/.installed ## Serve generated, labelled data
	@exec $(BIN)/tokometer demo $(ARGS)

# pytest runs last, so that the output ends with its own closing line. `make test ARGS="tests/unit -k prices"` narrows it.
test: $(VENV)/.installed-dev lint ## Everything that CI checks
	@sh tools/debian.sh chromium-headless-shell prometheus postgresql mariadb-server
	@sh tools/clients.sh
	@$(BIN)/python tools/javascript.py >/dev/null
	@$(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder $(ARGS)

# A short form of it is in `make test`. A run that failed is repeated with FAULTS_SEED=…, which its first lines say.
faults: $(VENV)/.installed-dev ## Try faults and hostile input at full length: a million inputs, hundreds of kills (an hour)
	@FAULTS=long $(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder --timeout 3600 tests/faults $(ARGS)
	@FAULTS=long $(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder --timeout 3600 tests/integration tests/unit tests/conformance \
		tests/browser $(ARGS)

lint: $(VENV)/.installed-dev ## Lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## Measure what we promise, beside peers (half an hour; each script has a --help of its own)
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/prices.py
	$(BIN)/python benchmarks/transcripts.py --keep build/bench/transcripts
	$(BIN)/python benchmarks/first_number.py
	$(BIN)/python benchmarks/otlp.py --dir build/bench/otlp
	$(BIN)/python benchmarks/large.py --dir build/bench/large
	$(BIN)/python benchmarks/dashboards.py --dir build/bench/dashboards
	$(BIN)/python benchmarks/viewers.py
	$(BIN)/python benchmarks/drawn.py
	$(BIN)/python benchmarks/live.py
	$(BIN)/python benchmarks/scrape.py
	$(BIN)/python benchmarks/proxy.py
	$(BIN)/python benchmarks/polling.py

docs: $(VENV)/.installed-dev ## Write the generated pages under docs/reference/ anew
	$(BIN)/python tools/reference.py

pictures: $(VENV)/.installed-dev ## Take the docs' pictures of the pages anew
	@sh tools/debian.sh chromium-headless-shell
	PICTURES=1 $(BIN)/pytest tests/browser -k pictures

constraints: $(VENV)/.installed ## Pin versions and hashes of every package (ARGS=--upgrade: newer ones)
	$(BIN)/python tools/constraints.py $(ARGS)

clean: ## Remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.installed: constraints.txt $(PINS)
	@sh tools/environment.sh $(VENV) constraints.txt
	@touch $@

$(VENV)/.installed-dev: constraints-dev.txt $(PINS)
	@sh tools/environment.sh $(VENV) constraints-dev.txt
	@touch $@ $(VENV)/.installed
