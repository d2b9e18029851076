.PHONY: demo test check fmt run-env test-env bench-env fuzz-env requirements figures bench-line help

PYTEST_ARGS ?=

help:
	@echo "make demo     a ringing demonstration on this machine"
	@echo "make test     everything: make check, unit, integration and end-to-end tests"
	@echo "make check    format, lint, types, layers"
	@echo "make figures  measure the latencies of docs/figures.md"
	@echo "make bench-line  measure the line beside pyVoIP and aiosipua with aiortp"

run-env:
	@scripts/bootstrap.sh run

test-env:
	@scripts/bootstrap.sh test

bench-env: test-env
	@scripts/bootstrap.sh bench

fuzz-env: test-env
	@scripts/bootstrap.sh fuzz

demo: run-env
	@.venv/bin/liniya demo

check: test-env
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

fmt: test-env
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

test: test-env
	@scripts/install_debian.sh
	$(MAKE) --no-print-directory check
	.venv/bin/pytest $(PYTEST_ARGS)

figures: test-env
	.venv/bin/python -m scripts.measure_latency

bench-line: bench-env
	.venv/bin/python -m scripts.bench_line

# After a change of the dependencies in pyproject.toml.
requirements: test-env
	.venv/bin/python -m scripts.pin_requirements
