# make demo    learn a hidden chain from two recordings, live
# make test    every test, C tests included
# make lint    style and types
# make bench   speed beside hand-written C, and what the ready plugins cost
# make bench-hosting   what a block costs in a plugin, isolated or not
# make benchmarks   and beside Faust, JAX and numba, written to docs/benchmarks.md
# Everything goes into the virtual environment .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SOURCES := $(shell find csrc pyhost plugin -name '*.[ch]' -o -name '*.in' -o -name '*.[ch]pp' -o -name '*.cmake' \
  -o -name '*.py' -o -name '_core.*' ! -name '*.so') \
  CMakeLists.txt pyproject.toml

.PHONY: demo test lint format bench bench-hosting benchmarks check-tools clean

demo: $(VENV)/installed
	$(BIN)/pyhost demo demo

test: $(VENV)/installed-test
	$(BIN)/pytest -n auto --dist loadfile

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-test
	$(BIN)/python tests/bench $(BENCH)
	$(BIN)/python tests/bench/ready.py $(filter --quick,$(BENCH))

bench-hosting: $(VENV)/installed-test
	$(BIN)/python tests/bench/hosting.py

benchmarks: $(VENV)/installed-bench
	$(BIN)/python tests/bench --competitors --save $(BENCH)

# Named files stand for "this set of packages is installed, newer than the sources".
$(VENV)/installed: $(SOURCES) | check-tools $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check .
	touch $@

$(VENV)/installed-test: $(SOURCES) | check-tools $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check '.[test]'
	touch $@ $(VENV)/installed

$(VENV)/installed-bench: tests/bench/requirements.txt $(VENV)/installed-test
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	touch $@

$(VENV)/installed-dev: $(SOURCES) | check-tools $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check '.[dev]'
	touch $@ $(VENV)/installed-test $(VENV)/installed

$(BIN)/python: | check-tools
	$(PYTHON) -m venv $(VENV)

check-tools:
	@command -v $(PYTHON) >/dev/null || { echo "pyhost needs Python 3.11 or newer; there is no $(PYTHON). \
	Install it (Debian: apt-get install python3 python3-venv) or say make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pyhost needs Python 3.11 or newer; \
	$(PYTHON) is $$($(PYTHON) --version). Say make PYTHON=/path/to/a/newer/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing \
	(Debian: apt-get install python3-venv)" >&2; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo "pyhost needs a C compiler; there is no $${CC:-cc}. Install gcc or clang \
	(Debian: apt-get install gcc) or set CC" >&2; exit 1; }
	@printf '#include <math.h>\nint main(void) { return 0; }\n' | $${CC:-cc} -x c -fsyntax-only - 2>/dev/null || { \
	echo "The C compiler has no C library headers (Debian: apt-get install libc6-dev)" >&2; exit 1; }

clean:
	rm -rf $(VENV) build demo
