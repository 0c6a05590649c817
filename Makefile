# One word for each chore. Every target sets itself up: the first call makes .venv, a later one finds it there.
#
#   make demo                       the whole method on the built-in world, offline
#   make test                       the tests; make test-slow and make test-gpu: the ones that it leaves out
#   make check                      lint, format, types, the law of imports; make style mends what can be mended
#   make bench                      measure ourselves against others, side by side; QUICK=1: rehearse it
#   make clean                      remove the environment and every cache; runs stay
#
#   PYTHON=python3.12 make demo     with another Python, 3.11 or later
#   make demo TORCH_BUILD=cu126     with another build of PyTorch: cpu, cu126, cu130, ...; empty: your index's own
#   make demo RANKS=1               with so many processes, 1 or 2
#   make test TESTS=1               with so many tests side by side

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TORCH := $(shell grep '^torch==' constraints.txt)

# PyTorch as PyPI has it brings gigabytes of CUDA; without an NVIDIA GPU we take the build without.
GPUS := $(shell nvidia-smi -L 2>/dev/null | grep -c '^GPU')
TORCH_BUILD ?= $(if $(filter 0,$(GPUS)),cpu)
TORCH_INDEX := https://download.pytorch.org/whl/$(TORCH_BUILD)
# The demo's steps have two bins, which more processes cannot share. DeepSpeed forgets chosen GPUs if it is given a number, and
# cannot read their names; torchrun leaves them to the ranks.
RANKS ?= $(if $(filter 1,$(GPUS)),1,2)
COMMA := ,
CHOSEN := $(if $(filter-out 0,$(GPUS)),$(wordlist 1,2,$(subst $(COMMA), ,$(CUDA_VISIBLE_DEVICES))))
LAUNCH := $(if $(CHOSEN),torchrun --standalone --nproc_per_node $(words $(CHOSEN)),deepspeed --quiet --num_gpus $(RANKS))
# Many tests start processes of their own, so that more at once would only wait for each other.
TESTS ?= 2

# results.py composes the page that the others write records for.
BENCHMARKS := $(filter-out benchmarks/results.py $(if $(filter 0,$(GPUS)),benchmarks/gpu.py),$(wildcard benchmarks/*.py))

# As in an activated environment: what DeepSpeed builds, it builds with the ninja of .venv.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test test-slow test-gpu check style bench clean

# Named, DeepSpeed does not warn that it has looked for a GPU in vain.
demo: $(VENV)/.ready
	$(if $(filter 0,$(GPUS)),DS_ACCELERATOR=cpu )$(BIN)/$(LAUNCH) launchers/train.py --resume

test: $(VENV)/.ready-test
	$(BIN)/python -m pytest --numprocesses $(TESTS) --dist loadfile

test-slow: $(VENV)/.ready-test
	$(BIN)/python -m pytest -m "slow and not gpu"

test-gpu: $(VENV)/.ready-test
	$(BIN)/python -m pytest -m gpu

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/mypy --strict mtl launchers
	$(BIN)/python -m pytest --quiet tests/test_layers.py

style: $(VENV)/.ready-test
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/python docs/tables.py

bench: $(VENV)/.ready-bench
	failed=; for script in $(BENCHMARKS); do \
	  $(BIN)/python "$$script" $(if $(QUICK),--quick) || failed="$$failed $$script"; \
	done; $(BIN)/python benchmarks/results.py; test -z "$$failed" || { echo "error: failed:$$failed"; exit 1; }

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'error: $(PYTHON) is no Python 3.11 or later; name one that is: PYTHON=/path/to/python3.12 make $(MAKECMDGOALS)'; exit 1; }
	$(PYTHON) -m venv $(VENV)
ifneq ($(TORCH_BUILD),)
	@echo '$(TORCH)+$(TORCH_BUILD): from where pip looks anyway, else from $(TORCH_INDEX)'
	@$(PIP) install --quiet --no-deps $(TORCH)+$(TORCH_BUILD) 2>/dev/null \
	  || $(PIP) install --no-deps --extra-index-url $(TORCH_INDEX) $(TORCH)
endif
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

$(VENV)/.ready-bench: $(VENV)/.ready-test
	$(PIP) install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@
