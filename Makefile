# Every target brings what it needs by scripts/setup; the second time that costs nothing.
.DEFAULT_GOAL := help
.PHONY: help demo test check format docs bench lock clean
SHELL := /bin/bash
BIN := .venv/bin
ARGS ?=

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

demo:  ## Start a broker, two workers and a simulated shop on this machine (ONCE=1: one month, then stop)
	@scripts/setup venv kafka
	@$(BIN)/slm demo $(if $(ONCE),--once) $(ARGS)

test:  ## Run every test (CI=true: what cannot run fails instead of skipping; ARGS='-k clock': some)
	@scripts/setup venv kafka monitoring
	@$(BIN)/pytest $(ARGS)

check:  ## Lint, types, layers, and that generated pages are up to date; changes nothing
	@scripts/setup venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/docs --check

format:  ## Format the code and mend what ruff can mend
	@scripts/setup venv
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs:  ## Write the generated pages under docs/ again
	@scripts/setup venv
	$(BIN)/python scripts/docs

bench:  ## Measure the figures that README gives (ARGS='--quick': roughly)
	@scripts/setup venv kafka
	$(BIN)/python -m benchmarks.run $(ARGS)

lock:  ## Pin the newest fitting version of every dependency (ARGS='--upgrade-package NAME': of one)
	@scripts/setup venv
	$(BIN)/uv pip compile -q pyproject.toml $(LOCK) -o requirements.txt $(ARGS)
	$(BIN)/uv pip compile -q pyproject.toml --group dev -c requirements.txt $(LOCK) \
	  -o requirements-dev.txt $(ARGS)
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock'

clean:  ## Remove .venv and what tools left behind (Kafka's jars stay in the cache)
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
