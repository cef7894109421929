# What a newcomer types. Each target installs what it needs into .venv, once.
.DELETE_ON_ERROR:
SHELL := /bin/sh
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-build-isolation

.PHONY: help demo demo-fal run test test-system fuzz-marks bench-judge bench-finish bench-fidelity bench-cost bench-arrival bench-web bench-cli fuzz-paid fuzz-arrival fuzz-hands bench-fal check format lock clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# The newest Python from 3.11 that really runs (a version manager's shim may exist and still refuse).
.venv/made:
	@for v in 3.14 3.13 3.12 3.11 3; do \
	  if python$$v -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "installing into .venv with python$$v"; python$$v -m venv --clear .venv && touch $@ && exit 0; \
	  fi; \
	done; echo "upscaled needs Python 3.11 or newer with venv: install e.g. python3.11 and python3.11-venv" >&2; exit 1

.venv/run: .venv/made lock/build.txt lock/run.txt pyproject.toml
	@$(PIP) install --require-hashes -r lock/build.txt
	@$(PIP) install $(LOCKED) -r lock/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run lock/dev.txt
	@$(PIP) install $(LOCKED) -r lock/dev.txt
	@touch $@

demo: .venv/run  ## the whole job once on sample pictures: no account, no network
	@$(PY) -m upscaled demo

demo-fal: .venv/dev  ## the same through a stand-in of fal, killed halfway
	@$(PY) tests/standin/demo_fal.py

run: .venv/run  ## the daemon in the foreground on config.toml
	@.venv/bin/upscaled --config config.toml run

test: .venv/dev  ## format, lint, types, import contracts and every test that needs nothing but Python
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@.venv/bin/lint-imports --no-cache >/dev/null || .venv/bin/lint-imports --no-cache
	@$(PY) -m mypy --no-error-summary && $(PY) -m mypy --no-error-summary tests
	@# Three at a time on two cores: much of a test is waiting for a file to settle.
	@$(PY) -m pytest -n 3 -m "not (system or long)"

test-system: .venv/dev  ## what needs parts of the system (fails where one is missing), and what takes long
	@sh tests/system-parts
	@$(PY) -m pytest -n 2 -m "system or long"
	@UPSCALED_TEST_OBSERVER=polling $(PY) -m pytest -n 2 -m "not (system or long)" $(END_TO_END)

# Once more, with the native observer off: what only a rescan can find.
END_TO_END := $(addprefix tests/house/test_,corridor.py scars.py hands.py series.py fal_corridor.py \
  money_corridor.py metadata_corridor.py own_marks.py second_try.py spoilt_result.py shares.py)

fuzz-marks: .venv/dev  ## ten thousand spoilt files through the reader of marks: time and memory
	@PYTHONPATH=tests $(PY) tests/fuzz_marks.py

bench-judge: .venv/dev  ## what judging costs beside a full decode, in time and memory
	@PYTHONPATH=daemon:tests $(PY) tests/edge/bench_judge.py

bench-finish: .venv/dev  ## what finishing 64 to 512 megapixels costs, beside Pillow and `vips`: about ten minutes
	@PYTHONPATH=daemon:tests $(PY) tests/edge/bench_finish.py

bench-fidelity: .venv/dev  ## the fidelity check on honest and tampered results of a labelled corpus
	@PYTHONPATH=daemon:tests $(PY) tests/edge/bench_fidelity.py

bench-arrival: .venv/dev  ## how soon files are noticed, and what waiting for them costs: about eight minutes
	@PYTHONPATH=daemon:tests $(PY) tests/house/bench_arrival.py

bench-web: .venv/dev  ## how soon the window's pages are there, what it holds and takes: about five minutes
	@sh tests/system-parts
	@PYTHONPATH=daemon:tests $(PY) tests/house/bench_web.py

bench-cli: .venv/dev  ## what each verb takes with ten thousand done jobs; fails beyond 400 ms, or 1 s
	@PYTHONPATH=daemon:tests $(PY) tests/house/bench_cli.py

bench-cost: .venv/dev  ## what plans for a labelled corpus (UPSCALED_CORPUS) cost, against always 4x
	@PYTHONPATH=tests $(PY) tests/rules/bench_cost.py

fuzz-paid: .venv/dev  ## more and longer histories of paid requests, crashes and outages: minutes
	@UPSCALED_FUZZ_PAID=1000 UPSCALED_FUZZ_SHRINK=1 $(PY) -m pytest -n 0 --timeout 3600 tests/flow/test_paid_once.py

fuzz-arrival: .venv/dev  ## more and longer histories of arrivals, outages and crashes: minutes
	@UPSCALED_FUZZ_ARRIVAL=1000 UPSCALED_FUZZ_SHRINK=1 $(PY) -m pytest -n 0 --timeout 3600 -k in_all_histories tests/flow/test_conservation.py

fuzz-hands: .venv/dev  ## more and longer histories of what people order and drag: minutes
	@UPSCALED_FUZZ_HANDS=400 $(PY) -m pytest -n 2 --timeout 3600 -k in_all_histories tests/flow/test_hands.py tests/flow/test_dragging.py

bench-fal: .venv/dev  ## what the door to fal costs, in ratios: about nine minutes
	@$(PY) tests/standin/bench_fal.py

check: test  ## the same as test

format: .venv/dev  ## format and mend what ruff can
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

UV := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q
lock:  ## rewrite the locks (needs uv on the path)
	$(UV) lock/build.in -o lock/build.txt
	$(UV) lock/api.in -o lock/api.txt
	$(UV) pyproject.toml -c lock/build.txt -o lock/run.txt
	$(UV) pyproject.toml --extra exr -c lock/build.txt -c lock/run.txt -o lock/exr.txt
	$(UV) pyproject.toml --extra heic -c lock/build.txt -c lock/run.txt -o lock/heic.txt
	$(UV) pyproject.toml --extra notify -c lock/build.txt -c lock/run.txt -o lock/notify.txt
	$(UV) pyproject.toml --extra web -c lock/build.txt -c lock/run.txt -o lock/web.txt
	$(UV) pyproject.toml --group dev -c lock/build.txt -c lock/run.txt -o lock/dev.txt
	$(UV) pyproject.toml --extra faces -c lock/build.txt -c lock/run.txt -o lock/faces.txt

clean:  ## remove what the targets above made
	rm -rf .venv build .demo .demo-fal .mypy_cache .ruff_cache .pytest_cache .hypothesis
