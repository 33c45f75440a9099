# The front door. Everything behind it is `cargo xtask`: see xtask/src/main.rs.
.DEFAULT_GOAL := help
.PHONY: help run build test lint bench cargo

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: cargo ## build and start Aside (make run ARGS="--listen 127.0.0.1:4000")
	@cargo xtask run $(ARGS)

build: cargo ## build the browser bundle and the server
	@cargo xtask build $(ARGS)

test: cargo ## lint, unit and integration tests, browser tests
	@cargo xtask test $(ARGS)

lint: cargo ## formatting and clippy only
	@cargo xtask lint $(ARGS)

bench: cargo ## list the measurements, or repeat one (make bench ARGS=name)
	@cargo xtask bench $(ARGS)

cargo:
	@command -v cargo >/dev/null || { echo "Aside is built with Rust, and cargo is not on the PATH: install it from https://rustup.rs and try again." >&2; exit 1; }
