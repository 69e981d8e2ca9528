# Needs python3 (3.11 or later) with pip, and make. No compiler, no ensurepip.
PYTHON ?= python3
WORKERS := 4
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
PEERS := $(VENV)/.bench
PIP := $(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python
INSTALL := $(PIP) install --quiet --constraint constraints.txt
LAB_PACKAGES := systemd-container systemd-sysv libpam-systemd dbus iproute2 procps openssh-server \
	activemq default-jre-headless rabbitmq-server gnutls-bin sudo tmux openssl tcpdump unzip \
	libio-socket-ssl-perl libmqtt-client-java busybox-static fish ksh mksh tcsh zsh easy-rsa golang-cfssl

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test check bench lab-deps clean

help:
	@echo 'make demo        try the wizard over embedded hosts (HEADLESS=1: without a screen)'
	@echo 'make test        run the tests; those on real hosts where the machine can hold a lab'
	@echo '                 (TESTS=tests/unit: a part; WORKERS=0: one after the other)'
	@echo 'make check       format, lint, types, import contracts'
	@echo 'make bench       measure, beside what else there is (brings ansible-core and Fabric)'
	@echo 'make lab-deps    install the Debian packages that a lab of real hosts needs (root)'
	@echo 'make clean       delete what make made'

venv: $(STAMP)

# pip reaches into the environment from outside, so that ensurepip (a package of its own on Debian)
# is not needed. pyjks asks for twofish, C source that only UBER stores use: hence --no-deps. The
# stamp is touched last: an interrupted installation starts again.
$(STAMP): pyproject.toml constraints.txt
	@rm -f $@
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@echo 'installing into $(VENV) …'
	@$(INSTALL) pip
	@$(INSTALL) --editable '.[dev]'
	@$(INSTALL) pyasn1 pyasn1-modules javaobj-py3 pycryptodomex
	@$(INSTALL) --no-deps pyjks==20.0.0
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -P -m app.demo $(if $(HEADLESS),--headless)

# Each worker takes whole files, in the order of tests/conftest.py, and brings up a lab of its own.
test: $(STAMP)
	@$(BIN)/python -m pytest --ignore=tests/bench -n $(WORKERS) --dist loadfile \
	    --no-loadscope-reorder $(TESTS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict app screens tests
	$(BIN)/lint-imports

# The tools that a user would pick instead are needed to compare with them only.
$(PEERS): $(STAMP)
	@$(INSTALL) --editable '.[bench]'
	@touch $@

bench: $(PEERS)
	@$(BIN)/python -m pytest -q -s tests/bench

# Services that come with the packages must not start on the machine itself, only on lab hosts.
lab-deps:
	@set -eu; missing=; \
	for package in $(LAB_PACKAGES); do \
	    state=$$(dpkg-query -W -f '$${db:Status-Abbrev}' "$$package" 2>/dev/null || true); \
	    case $$state in ii*) ;; *) missing="$$missing $$package" ;; esac; \
	done; \
	if [ -z "$$missing" ]; then echo 'lab packages: all there'; exit 0; fi; \
	policy=/usr/sbin/policy-rc.d; \
	if [ ! -e $$policy ]; then \
	    trap 'rm -f /usr/sbin/policy-rc.d' EXIT; trap 'exit 1' HUP INT TERM; \
	    printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -q update </dev/null; \
	apt-get -q -y install --no-install-recommends $$missing </dev/null

clean:
	rm -rf $(VENV) .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache
