# Front door. `make help` lists the verbs.
SHELL := /bin/sh
NO_PACKAGES := { echo "setup: packages could not be installed, see above; is there a network? A proxy goes into HTTPS_PROXY, an index of your own into UV_DEFAULT_INDEX"; exit 2; }
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
RUN := $(VENV)/bin/python
export UV_NO_PROGRESS := 1
# Trust what the system trusts: a proxy at work has a certificate of its own.
export UV_SYSTEM_CERTS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test kits-spring check audit bench bench-memory bench-kits bench-janitors fuzz build bundles deploy deploy-role delete known-environment clean lock examples pictures build-WarmerFunction build-JanitorFunction build-DeployHookFunction

help: ## List the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready .tools/sam/.ready .tools/ministack/.ready .tools/runtime/.ready .tools/checkov/.ready .tools/zizmor/.ready $(if $(shell command -v npm),.tools/node/.ready) $(if $(shell command -v mvn),.tools/java/.ready) ## Install everything, into this folder only

$(VENV)/bin/uv: requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $(PYTHON) is older than Python 3.11; call make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "setup: virtual environment"
	@$(PYTHON) -m venv --clear $(VENV) || { echo "setup: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; exit 2; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock || $(NO_PACKAGES)
	@touch $@

$(VENV)/.ready: $(UV) requirements/dev.lock pyproject.toml
	@echo "setup: the command, the tools and the checks"
	@$(UV) pip install --quiet --python $(RUN) --require-hashes -r requirements/dev.lock || $(NO_PACKAGES)
	@$(UV) pip install --quiet --python $(RUN) --no-deps --editable .
	@touch $@

# One virtual environment a tool: each of them pins its own botocore.
.tools/%/.ready: requirements/%.lock $(UV)
	@echo "setup: $*"
	@$(UV) venv --quiet --clear --python $(RUN) .tools/$*
	@$(UV) pip install --quiet --compile-bytecode --python .tools/$*/bin/python --require-hashes -r requirements/$*.lock || $(NO_PACKAGES)
	@touch $@

# Other warmers' packages, as targets of the tests.
.tools/node/.ready: $(wildcard tests/kits/node/*.json tests/kits/node/*.mjs)
	@echo "setup: node"
	@rm -rf .tools/node && mkdir -p .tools/node && cp tests/kits/node/*.json tests/kits/node/*.mjs .tools/node
	@cd .tools/node && npm ci --silent --ignore-scripts --legacy-peer-deps --no-audit --no-fund || $(NO_PACKAGES)
	@touch $@

# What Lambda's Java image holds, for the emulator.
.tools/java/.ready: requirements/java/pom.xml
	@echo "setup: java"
	@rm -rf .tools/java && mkdir -p .tools/java
	@if mvn -B -q -f $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.tools/java/lib; then touch $@; \
	elif [ -z "$(CI)" ]; then echo "setup: java is left out: Maven could not fetch what it needs, see above"; else $(NO_PACKAGES); fi

COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml
lock: $(UV) ## Resolve the dependencies of pyproject.toml anew
	$(COMPILE) -o requirements/functions.lock
	$(COMPILE) --group warmer -o requirements/warmer.lock
	$(COMPILE) --group dev -o requirements/dev.lock
	for group in uv sam ministack runtime custodian checkov zizmor; do $(UV) pip compile --quiet --generate-hashes --universal --no-emit-index-url --no-emit-find-links --python-version 3.11 --group $$group -o requirements/$$group.lock || exit 1; done

examples: $(VENV)/.ready ## Build the example apps, as they would ship
	@for app in django-mangum django-zappa fastapi-mangum; do $(RUN) examples/build.py --app $$app || exit 1; done

demo: setup ## The main job on real processes, in about two minutes, with a picture at the end
	@$(RUN) -m emulator.demo $(ARGS)

# Some tests need what no Python package index has. CI must have it; elsewhere its lack is said.
empty :=
needs = $(if $(CI)$(shell command -v $(2)),,$(1))
LACKING = $(strip $(call needs,browser,chromium) $(call needs,node,npm) $(if $(CI)$(shell command -v mvn >/dev/null && test -e .tools/java/.ready && echo yes),,java))
test: setup ## Run every test
	@$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadscope $(if $(LACKING),-m "not ($(subst $(empty) $(empty), or ,$(LACKING)))")
	@$(if $(filter java,$(LACKING)),,$(MAKE) --no-print-directory kits-spring)
	@$(if $(LACKING),echo "test: not run: the tests marked $(LACKING); README says what they need")

kits-spring: ## Build and test the kit for Spring Boot; needs Java 17 and Maven
	@echo "kits-spring: mvn verify"
	@mvn -B -q -f kits/spring/pom.xml verify

bench: setup ## Ours beside others on the same work, as ratios in one run
	@$(RUN) -m bench.burst
	@$(RUN) -m bench.tick
	@$(RUN) -m bench.holds
	@echo
	@$(RUN) -m bench.schedules

bench-memory: setup ## The warmer at several memory sizes: how long a tick takes, and what it costs
	@$(RUN) -m bench.memory

bench-kits: setup ## What a first user waits for, by what came before: tables, in about ten minutes
	@PYTHONPATH=kits/python $(RUN) -m bench.kits $(ARGS)
	@$(RUN) -m bench.kits_spring $(ARGS)

# Other janitors' packages.
.tools/other-janitors/.ready: $(wildcard bench/others/*.json)
	@echo "setup: other janitors"
	@rm -rf .tools/other-janitors && mkdir -p .tools/other-janitors && cp bench/others/*.json .tools/other-janitors
	@cd .tools/other-janitors && npm ci --silent --ignore-scripts --legacy-peer-deps --no-audit --no-fund || $(NO_PACKAGES)
	@touch $@

bench-janitors: setup .tools/custodian/.ready .tools/other-janitors/.ready ## Our janitor beside others on the same accounts: what each deletes and leaves
	@$(RUN) -m bench.janitors

FUZZ_SECONDS ?= 60
fuzz: setup ## Damaged schedule files through the reader, and made-up accounts through the janitor, FUZZ_SECONDS each
	@$(RUN) -m tests.profiles.fuzz $(FUZZ_SECONDS) $(FUZZ_SEED)
	@$(RUN) -m tests.janitor.fuzz $(FUZZ_SECONDS) $(FUZZ_SEED)

check: setup ## Lint, types, import contracts, lengths, schedules, the templates by two scanners
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@cd kits/python && ../../$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(RUN) -m checks.screens
	@$(RUN) -m cli validate schedules
	@$(RUN) -m cli iam schedules --check template.yaml
	@$(SAM) validate --lint
	@.tools/sam/bin/cfn-lint $(ROLE_TEMPLATE)
	@$(RUN) -m checks.scan
	@.tools/zizmor/bin/zizmor --offline --quiet --no-progress --persona pedantic .github/workflows

audit: $(VENV)/.ready ## Known advisories against what ships; more options in ARGS, as in ARGS="--all --strict"
	@$(RUN) -m checks.audit $(ARGS)

# A sam of your own is as good: make SAM=sam build
SAM ?= .tools/sam/bin/sam
export SAM_CLI_TELEMETRY ?= 0
# sam knows only one of the two names that the SDKs have for the region.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif
REGION_SET := $(RUN) -c 'import boto3, sys; sys.exit(boto3.Session().region_name is None)' 2>/dev/null
CREDENTIALS := $(RUN) -c 'import boto3, sys; sys.exit(boto3.Session().get_credentials() is None)' 2>/dev/null
# Said in one line before anything is built or made; a profile among ARGS has both, and sam looks there itself.
define with-account
@$(if $(findstring --profile,$(ARGS)),:,$(CREDENTIALS) || { echo "$@: found no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and try again"; exit 2; })
@$(if $(findstring --profile,$(ARGS))$(findstring --region,$(ARGS)),:,$(REGION_SET) || { echo "$@: no AWS region is set; set AWS_REGION, or the profile's region, and try again"; exit 2; })
endef
# What a pipeline that deploys waits for; the emulator and the tests' tools are not among it.
TO_SHIP := $(VENV)/.ready .tools/sam/.ready
build: $(TO_SHIP) ## Build both functions with sam, as they ship
	@command -v $(SAM) >/dev/null || { echo "build: there is no command $(SAM); leave SAM alone for the one that make setup installs, or name yours: make build SAM=/path/to/sam"; exit 2; }
	@$(if $(filter $(TEMPLATE),$(RENEWED)),,cp $(TEMPLATE) $(RENEWED))
	@$(IAM) --write $(RENEWED)
	@TEMPLATE=$(RENEWED) $(SAM) build --template $(RENEWED)

bundles: setup build ## What each bundle weighs, how long it takes to start, and whose work is in it; ARGS=--write for docs/licences.md
	@$(RUN) -m checks.bundles $(ARGS)

# The environments of samconfig.toml; sam takes any name and then knows nothing of what is meant.
ENVIRONMENTS := $(shell sed -n 's/^\[\([a-z0-9_-]*\)\.deploy\.parameters\]/\1/p' samconfig.toml)
known-environment:
	@$(if $(filter-out $(ENVIRONMENTS),$(ENV)),echo '$(or $(firstword $(filter deploy delete,$(MAKECMDGOALS))),ENV): samconfig.toml has no environment "$(ENV)"; it has $(ENVIRONMENTS)'; exit 2,:)

# ARGS may have quotes and brackets in it, so that make looks into it; the shell reads it once, as words for sam.
deploy: known-environment $(TO_SHIP) ## Deploy with sam, ENV=dev or ENV=prod as samconfig.toml has it; more options in ARGS, as in ARGS="--parameter-overrides JanitorMode=delete"
	$(with-account)
	@$(MAKE) --no-print-directory build
	@$(SAM) deploy $(if $(ENV),--config-env $(ENV) )$(ARGS)

# What a pipeline deploys with. sam looks for its settings beside the template: named here, so that it asks, may make roles, and tags.
ROLE_TEMPLATE := .github/deploy-role.yaml
ROLE_STACK ?= caretaker-pipeline
deploy-role: $(TO_SHIP) ## Make the roles that GitHub deploys with, REPOSITORY=owner@1/name@2 as its tokens have it; more parameters in PARAMETERS, as in PARAMETERS="StackName=warm"
	@test -n "$(REPOSITORY)" || { echo "deploy-role: REPOSITORY is not set; call make deploy-role REPOSITORY=owner@1/name@2; docs/delivery.md says how to ask GitHub for it"; exit 2; }
	$(with-account)
	@$(SAM) deploy --template-file $(ROLE_TEMPLATE) --config-file "$(CURDIR)/samconfig.toml" --stack-name $(ROLE_STACK) --no-resolve-s3 --parameter-overrides Repository=$(REPOSITORY) $(PARAMETERS) $(ARGS)

delete: known-environment $(TO_SHIP) ## Delete the stack with sam, which asks first; what stays is in docs/operate.md
	@$(SAM) delete $(if $(ENV),--config-env $(ENV) )$(ARGS)

pictures: setup ## Make the manual's pictures anew; needs chromium
	@$(RUN) docs/make_pictures.py

clean: ## Remove what was built; what was installed stays
	@rm -rf .aws-sam build .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache

# What sam calls, with ARTIFACTS_DIR: exactly the rooms that the function imports, its schedules compiled into one document, and its dependencies, as wheels for
# Lambda's python3.13 on arm64, whatever runs here. The same sources give the same bytes: no bytecode, no scripts (they name this
# folder) and no RECORD (it lists the scripts), one mode and one time for every file.
BUNDLE_PLATFORM := --python-platform aarch64-manylinux2014 --python-version 3.13 --only-binary :all:
SCHEDULES ?= schedules
# The template whose permissions go with the schedules; they are made anew by make build, and only looked at when sam build is called by itself.
TEMPLATE ?= template.yaml
# Other schedules get a copy, so that template.yaml stays that of schedules/.
RENEWED = $(if $(filter schedules schedules/,$(SCHEDULES)),$(TEMPLATE),.template.yaml)
IAM = $(RUN) -m cli iam "$(SCHEDULES)"
# The commit that last changed the schedules, so that other commits leave the bundle's bytes as they are.
REVISION ?= $(shell git log -1 --format=%H -- "$(SCHEDULES)" 2>/dev/null)$(shell git status --porcelain -- "$(SCHEDULES)" 2>/dev/null | grep -q . && echo -changed)
build-WarmerFunction build-DeployHookFunction: ROOMS := warmer profiles fleet
build-WarmerFunction build-DeployHookFunction: LOCK := requirements/warmer.lock
build-JanitorFunction: ROOMS := janitor profiles fleet
build-JanitorFunction: LOCK := requirements/functions.lock
build-WarmerFunction build-JanitorFunction build-DeployHookFunction: $(VENV)/.ready
	@test -n "$(ARTIFACTS_DIR)" || { echo "$@: ARTIFACTS_DIR is not set; sam sets it, so call make build or sam build"; exit 2; }
	@$(RUN) -m cli validate "$(SCHEDULES)" >&2
	@$(if $(filter build-WarmerFunction,$@),$(IAM) --check "$(TEMPLATE)" >&2 || echo "$@: goes on all the same and the warmer will be refused at targets that it lacks" >&2)
	@$(UV) pip install --quiet --python $(RUN) --target "$(ARTIFACTS_DIR)" --link-mode copy --no-deps --require-hashes $(BUNDLE_PLATFORM) -r $(LOCK)
	@rm -rf "$(ARTIFACTS_DIR)/bin" "$(ARTIFACTS_DIR)/.lock" "$(ARTIFACTS_DIR)"/*.dist-info/RECORD
	@mkdir -p "$(ARTIFACTS_DIR)/schedules"
	@find $(ROOMS) -name '*.py' | tar -cf - -T - | tar -xf - -C "$(ARTIFACTS_DIR)"
	@$(RUN) -m cli compile "$(SCHEDULES)" --revision "$(REVISION)" --out "$(ARTIFACTS_DIR)/schedules/compiled.json"
	@chmod -R u=rwX,go=rX "$(ARTIFACTS_DIR)" && find "$(ARTIFACTS_DIR)" -exec touch -d 2020-01-01T00:00:00Z {} +
