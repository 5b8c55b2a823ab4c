# One command each; `make help` lists them. Everything else is in okoce/launch and .venv.
PYTHON ?= python3
BIN := .venv/bin
# Two test processes fit two cores. TESTS narrows the run: make test TESTS=participants
WORKERS ?= 2
TESTS ?=
QUICK ?= 0

.DEFAULT_GOAL := help
.PHONY: help run test battery bench check screens format

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## install what is missing and start the portal (PORT=8000, DEMO_PROFILE=default)
	@$(PYTHON) okoce/launch/bootstrap.py run

test: ## the gate: all tests, under 25 minutes on 2 cores
	@$(PYTHON) okoce/launch/bootstrap.py test
	@$(BIN)/python -m okoce.testing.gate --processes $(WORKERS) -- $(TESTS)

battery: ## the long proofs; results go to docs/measurements/
	@$(PYTHON) okoce/launch/bootstrap.py test
	@$(BIN)/python -m pytest -m battery --timeout=7200 --durations=20 $(TESTS)

bench: ## the benchmarks, as ratios (QUICK=1 ends in 2 minutes)
	@$(PYTHON) okoce/launch/bootstrap.py bench
	@QUICK=$(QUICK) $(BIN)/python -m bench

check: ## lint, types, layers, migrations, deployment check
	@$(PYTHON) okoce/launch/bootstrap.py tools
	@$(BIN)/python -m okoce.testing.checks

screens: ## pictures of all pages at 360 and 1280 px, light and dark: the demo's (while `make run` is on), then everybody's
	@$(PYTHON) okoce/launch/bootstrap.py test
	@$(BIN)/python -m okoce.screens
	@PICTURES=$(CURDIR)/var/screens/everybody $(BIN)/python -m pytest -q -m battery --timeout=7200 \
		okoce/tests/test_pages_quality.py

format: ## let ruff and djlint lay out the code
	@$(PYTHON) okoce/launch/bootstrap.py tools
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
