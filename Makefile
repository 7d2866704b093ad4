# khw: six small tools for building a Kubernetes worker by hand. Needs Rust; what else is missing is installed where
# that is allowed (root on Debian), and named otherwise.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
TOOLS := khw-cert khw-kubeconfig khw-kubelet-conf khw-proxy-conf khw-unit khw-install

# rustup's directory is not on the PATH of a shell that is not a login shell.
export PATH := $(PATH):$(HOME)/.cargo/bin

HOST := $(shell PATH="$(PATH)" rustc -vV 2>/dev/null | sed -n 's/^host: //p')
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Static: a worker needs no library of the desk's. The target is named, so that the flag does not reach build scripts
# and procedural macros, which cannot be static.
RELEASE := $(TARGET)/$(HOST)/release

.PHONY: all build demo test fuzz lab bench lint fmt man install clean
all: build

build:
	RUSTFLAGS="-C target-feature=+crt-static" tests/judges.sh --only compiler \
	  $(CARGO) build --locked --release --workspace --bins --target $(HOST)
	@ls -l $(addprefix $(RELEASE)/,$(TOOLS)) | awk '{printf "%-60s %6.1f MB\n", $$NF, $$5 / 1e6}'

demo:
	tests/judges.sh --only compiler tests/demo.sh

test:
	tests/judges.sh $(CARGO) test --workspace --locked

# Any bytes in: no panic, no more than linear time and memory. So long for each target: make fuzz SECONDS=600
SECONDS ?= 60
fuzz:
	tests/judges.sh --only compiler tests/fuzz/run.sh $(SECONDS)

# A real kubelet joins a real API server: tests/lab/README.md. As root on Debian 12.
lab:
	tests/judges.sh --only compiler tests/lab/lab

bench: build
	KHW_BIN_DIR=$(abspath $(RELEASE)) tests/judges.sh \
	  $(CARGO) bench --locked --profile dev -p khw-tests --bench worker

lint:
	tests/judges.sh --only compiler $(CARGO) fmt --all --check
	tests/judges.sh --only compiler $(CARGO) clippy --workspace --all-targets --locked -- -D warnings

fmt:
	$(CARGO) fmt --all

# The committed man pages, from the tables that print --help.
man:
	KHW_RENEW=1 tests/judges.sh --only compiler,mandoc $(CARGO) test --locked -p khw-tests --test cli contract::man

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man8 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	set -e; for tool in $(TOOLS); do \
	  install -m 755 $(RELEASE)/$$tool $(DESTDIR)$(PREFIX)/bin/; \
	  install -m 644 $$tool/$$tool.8 $(DESTDIR)$(PREFIX)/share/man/man8/; \
	  $(RELEASE)/$$tool --generate bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$tool; \
	  $(RELEASE)/$$tool --generate zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$tool; \
	  $(RELEASE)/$$tool --generate fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$tool.fish; \
	done

clean:
	$(CARGO) clean
