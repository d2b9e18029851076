.PHONY: demo test test-train check fmt run-env test-env bench-env fuzz-env train-env requirements figures fuzz bench-line bench-speech \
	model evaluate-model help

PYTEST_ARGS ?=
PAGES = announcements_page care_of_knowledge_page knowledge_page manager_pages panel_knowledge panel_page panel_script
SPEECH = announcer model_install model_use voices
QUIET_TESTS = tests/integration/knowledge tests/integration/storage tests/integration/web \
	$(PAGES:%=tests/e2e/test_%.py) $(SPEECH:%=tests/integration/speech/test_%.py)
# How long `make fuzz` throws bytes; and how many times the suite's examples its generated tests try.
SECONDS ?= 180
FUZZ_TIMES ?= 20

help:
	@echo "make demo     a ringing demonstration on this machine"
	@echo "make test     everything: make check, unit, integration and end-to-end tests"
	@echo "make check    format, lint, types, layers"
	@echo "make fuzz     hostile bytes at the line, SECONDS=$(SECONDS), and long runs of the generated tests"
	@echo "make figures  measure the latencies of docs/figures.md"
	@echo "make bench-speech  measure the recogniser beside a plain vosk-server, and the model's errors"
	@echo "make bench-line  measure the line beside pyVoIP and aiosipua with aiortp"
	@echo "make model    train the bundled speech model anew, on two cores in under an hour and a half"
	@echo "make evaluate-model  measure the bundled speech model, in a few minutes"

run-env:
	@scripts/bootstrap.sh run

test-env:
	@scripts/bootstrap.sh test

bench-env: test-env
	@scripts/bootstrap.sh bench

fuzz-env: test-env
	@scripts/bootstrap.sh fuzz

train-env: test-env
	@scripts/bootstrap.sh train

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
	@# What has to do with real sound, or measures it, has the machine to itself; the rest shares the cores.
	@status=0; \
	.venv/bin/pytest -n 2 --dist loadfile tests/unit $(QUIET_TESTS) $(PYTEST_ARGS) || status=1; \
	.venv/bin/pytest tests/integration tests/e2e $(QUIET_TESTS:%=--ignore=%) $(PYTEST_ARGS) || status=1; \
	exit $$status

figures: test-env
	.venv/bin/python -m scripts.measure_latency

bench-speech: test-env
	@scripts/install_debian.sh
	.venv/bin/python -m scripts.bench_speech

bench-line: bench-env
	.venv/bin/python -m scripts.bench_line

# What trains is tested with torch, which nothing else needs.
test-train: train-env
	.venv/bin/pytest -q tests/training

model: train-env test-train
	@scripts/install_debian.sh
	.venv/bin/python -m scripts.train_model

evaluate-model: test-env
	@scripts/install_debian.sh
	.venv/bin/python -m scripts.evaluate_model --json build/bench/model.json

# After a change of the dependencies in pyproject.toml.
requirements: test-env
	.venv/bin/python -m scripts.pin_requirements

fuzz: fuzz-env
	.venv/bin/python -m scripts.fuzz_line --seconds $(SECONDS)
	FUZZ_TIMES=$(FUZZ_TIMES) .venv/bin/pytest -q tests/unit/telephony/test_wire_machine.py \
		tests/unit/telephony/test_transaction_machine.py tests/unit/telephony/test_call_machine.py
