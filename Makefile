# Thin names over tools/, CMake and ctest; `make help` lists them.
.PHONY: help setup build install run up down test test-full fuzz bench fmt tidy clean

help:  ## list these names
	@sed -n 's/^\([a-z-]*\):.*  ## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

setup:  ## install what building and running need (apt, as root)
	@tools/setup run

build: setup  ## build everything into build/bin
	@tools/dev build

run: build  ## build, start the platform and run the tour against it
	@examples/tour/tour.py

up: build  ## start the platform and leave it running (data in ./.writ)
	@tools/dev up

down:  ## stop the platform that `make up` started
	@tools/dev down

test:  ## set-up, then every test
	@tools/setup test
	@tools/dev test

test-full:  ## every test, and the random ones for longer from a new seed
	@tools/setup test
	@tools/dev test-full

install: build  ## install the libraries and headers (PREFIX=/usr/local)
	@cmake --install build --component libwrit --prefix $(or $(PREFIX),/usr/local)

fuzz:  ## one TARGET for MINUTES, or all of them until nothing new comes up
	@tools/setup test
	@tools/dev fuzz "$(TARGET)" "$(MINUTES)"

bench:  ## measure the figures of docs/performance.md (as root)
	@tools/setup bench
	@tools/dev bench

fmt:  ## format the C++ sources with clang-format
	@tools/dev fmt

tidy: build  ## check the C++ sources with clang-tidy
	@tools/dev tidy

clean:  ## remove build/ (data in ./.writ stays)
	@rm -rf build
