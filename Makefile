# RAGMonitor operator. "make help" lists the targets.

BIN     := $(CURDIR)/bin
VERSION ?= 0.2.0
# The race detector needs a C compiler; without one the tests run without it.
ONCE    ?=
SOURCE  ?= embedded

KUBERNETES_VERSION := v1.36.3

# What runs on a node, and in its pods.
cluster_tools := $(addprefix $(BIN)/,kube-scheduler kubelet kube-proxy containerd containerd-shim-runc-v2 ctr coredns \
  prometheus alertmanager prometheus-operator prometheus-config-reloader prometheus-admission-webhook node_exporter)

# Everything that "make generate" writes, and "make verify" compares.
GENERATED := api config/crd config/rbac/role.yaml charts/ragmonitor-operator/files charts/ragmonitor-operator/README.md docs/api.md docs/metrics.md docs/alerts.md docs/vocabularies.md go.mod go.sum

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Use

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN {FS = ":.*##"} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*##/ {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: controlplane $(if $(filter prometheus,$(SOURCE)),$(BIN)/prometheus) build ## Show everything, from nothing to a live row. ONCE=1 leaves after checking it, SOURCE=prometheus reads from one.
	@$(BIN)/demo --source=$(SOURCE) $(if $(ONCE),--once)

.PHONY: run
run: install-crds ## Run the operator from source against the current KUBECONFIG. ARGS adds flags.
	go run ./cmd/operator --leader-elect=false --metrics-bind-address=0 --operator-namespace=ragmonitor-system --node-exporter=false --node-rules=false $(ARGS)

.PHONY: install-crds
install-crds: $(BIN)/kubectl ## Install the CRDs into the current KUBECONFIG's cluster.
	$(BIN)/kubectl apply --server-side -f config/crd/bases

##@ Whole cluster (root, Linux)

.PHONY: cluster-up
cluster-up: cluster-tools images ## Start a Kubernetes of one node in .cluster, or load what has changed into the one that runs.
	@$(BIN)/cluster up

.PHONY: cluster-down
cluster-down: cluster-build ## End it, and leave nothing but its logs.
	@$(BIN)/cluster down

.PHONY: cluster-test
cluster-test: cluster-tools images ## Start a second cluster, look whether everything works, and whether it leaves a trace.
	go test -tags cluster -count=1 -run TestCluster -v -timeout 10m ./hack/cluster

.PHONY: images
images: build cluster-build cluster-tools ## Write the images of our binaries and of the real components into bin/images.
	@$(BIN)/cluster images

##@ Build

.PHONY: build
build: ## Build the operator, the sample service and the demo into bin/.
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(BIN)/ ./cmd/operator ./hack/ragsim ./hack/demo

.PHONY: previous
previous:
	@hack/previous.sh

.PHONY: cluster-build
cluster-build: ## Build the cluster's own commands, and what the suites run on it, into bin/.
	@mkdir -p $(BIN)
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(BIN)/ ./hack/cluster ./hack/cluster/pause ./hack/cluster/probe ./test/e2e/sinks

.PHONY: dist
dist: $(BIN)/kubectl $(BIN)/helm ## Write what a release is made of into dist/: install.yaml, with the CRDs and the operator, and the chart.
	@mkdir -p dist
	$(BIN)/kubectl kustomize config/default > dist/install.yaml
	$(BIN)/helm package charts/ragmonitor-operator --destination dist

.PHONY: generate
generate: $(BIN)/controller-gen ## Write every generated file.
	@rm -rf api/v1alpha1/applyconfiguration
	$(BIN)/controller-gen object applyconfiguration paths=./api/v1alpha1
	$(BIN)/controller-gen crd paths=./api/v1alpha1 output:crd:artifacts:config=config/crd/bases
	$(BIN)/controller-gen rbac:roleName=ragmonitor-operator paths="{./internal/controller,./cmd/operator}" output:rbac:artifacts:config=config/rbac
	go run ./hack/chartsync
	go run ./hack/docgen

.PHONY: golden
golden: ## Write the golden files of the tests anew.
	go test ./internal/desired -update
	go test ./internal/rules -run 'Scrapes|TestReplay|TestPageOfPairs' -update
	cd test/alertmanager && go test . -update

.PHONY: prices
prices: ## Renew the table of token prices. Needs npm and node.
	hack/prices/fetch.sh

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## Format the code.
	$(BIN)/golangci-lint fmt

##@ Check

.PHONY: verify
verify: generate ## Fail when a generated file is stale or was never added.
	go mod tidy
	@git diff --exit-code -- $(GENERATED) || \
	  { echo >&2 "stale: run 'make generate', 'go mod tidy', and commit the result"; exit 1; }
	@new="$$(git ls-files --others --exclude-standard -- $(GENERATED))"; test -z "$$new" || \
	  { echo >&2 "generated but never added:"; echo >&2 "$$new"; exit 1; }

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters, which also keep the pure packages pure.
	$(BIN)/golangci-lint run ./...

.PHONY: test
test: controlplane $(BIN)/prometheus $(BIN)/promtool $(BIN)/helm ## Run all tests: unit, rules, control plane, install. TEST=./internal/... runs some.
	@hack/test.sh $(TEST)

.PHONY: test-e2e
test-e2e: previous $(BIN)/helm $(if $(KUBECONFIG),images,cluster-up) ## Run the suite on a whole cluster: that of KUBECONFIG, or one of its own (root, Linux). FOCUS=... runs some specs.
	@KUBECONFIG=$(or $(KUBECONFIG),$(CURDIR)/.cluster/kubeconfig) go test -json -count=1 -tags e2e -timeout 60m ./test/e2e \
	  $(if $(KUBECONFIG),-ginkgo.label-filter='!own-node') $(if $(FOCUS),-ginkgo.focus='$(FOCUS)') | go run ./hack/testreport > $(BIN)/e2e-report.txt; \
	  status=$$?; cat $(BIN)/e2e.txt; $(if $(KUBECONFIG),,$(BIN)/cluster down;) cat $(BIN)/e2e-report.txt; exit $$status

.PHONY: test-unit
test-unit: ## Run the tests that need no binaries, in a minute.
	@go test -shuffle=on $$(go list ./internal/... | grep -vE 'internal/(controller|inventory)$$')

.PHONY: perf
perf: controlplane ## Measure what the operator costs: CPU, memory, queries and writes. Minutes.
	@go test -run '^$$' -bench . -benchtime 1x -timeout 15m ./test/perf

##@ Real components, built from pinned modules in hack/tools

.PHONY: tools
tools: controlplane $(BIN)/prometheus $(BIN)/promtool $(BIN)/helm $(BIN)/controller-gen $(BIN)/golangci-lint ## Build them all. Minutes at first, then nothing.

.PHONY: controlplane
controlplane: $(BIN)/etcd $(BIN)/kube-apiserver $(BIN)/kube-controller-manager $(BIN)/kubectl ## Build etcd, the API server, the controller manager and kubectl.

.PHONY: cluster-tools
cluster-tools: controlplane $(cluster_tools) ## Build what a whole cluster needs on top of that.

.PHONY: clean
clean: ## Remove what was built.
	rm -rf $(BIN)

# $(call tool,module folder,package,flags) builds one command of a tools module.
define tool
	@echo "building $(notdir $@) (takes minutes the first time) ..."
	@mkdir -p $(BIN)
	@cd hack/tools/$(1) && CGO_ENABLED=0 go build -mod=readonly -trimpath $(3) -o $@ $(2)
endef

comma := ,
prometheus_version := -X github.com/prometheus/common/version.Version=
prometheus_operator := github.com/prometheus-operator/prometheus-operator/cmd
prometheus_operator_prometheus-operator := operator
prometheus_operator_prometheus-config-reloader := prometheus-config-reloader
prometheus_operator_prometheus-admission-webhook := admission-webhook

kubernetes_version := -X k8s.io/component-base/version.gitVersion=$(KUBERNETES_VERSION) -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36

$(BIN)/kube-apiserver $(BIN)/kube-controller-manager $(BIN)/kube-scheduler $(BIN)/kubelet $(BIN)/kube-proxy $(BIN)/kubectl: hack/tools/kubernetes/go.mod hack/tools/kubernetes/go.sum
	$(call tool,kubernetes,k8s.io/kubernetes/cmd/$(notdir $@),-ldflags "-s -w $(kubernetes_version)")

$(BIN)/etcd: hack/tools/etcd/go.mod hack/tools/etcd/go.sum
	$(call tool,etcd,go.etcd.io/etcd/server/v3,-ldflags "-s -w")

$(BIN)/prometheus $(BIN)/promtool: hack/tools/prometheus/go.mod hack/tools/prometheus/go.sum
	$(call tool,prometheus,github.com/prometheus/prometheus/cmd/$(notdir $@),-ldflags "-s -w $(prometheus_version)3.9.1" -tags remove_all_sd$(comma)enable_kubernetes_sd)

$(BIN)/alertmanager $(BIN)/amtool: hack/tools/alertmanager/go.mod hack/tools/alertmanager/go.sum
	$(call tool,alertmanager,github.com/prometheus/alertmanager/cmd/$(notdir $@),-ldflags "-s -w $(prometheus_version)0.28.1")

$(BIN)/node_exporter: hack/tools/node-exporter/go.mod hack/tools/node-exporter/go.sum
	$(call tool,node-exporter,github.com/prometheus/node_exporter,-ldflags "-s -w $(prometheus_version)1.12.1")

# Its own name for the operator is "operator", which is ours.
$(BIN)/prometheus-operator $(BIN)/prometheus-config-reloader $(BIN)/prometheus-admission-webhook: hack/tools/prometheus-operator-v0.85/go.mod hack/tools/prometheus-operator-v0.85/go.sum
	$(call tool,prometheus-operator-v0.85,$(prometheus_operator)/$(prometheus_operator_$(notdir $@)),-ldflags "-s -w $(prometheus_version)0.85.0")

$(BIN)/containerd $(BIN)/containerd-shim-runc-v2 $(BIN)/ctr: hack/tools/containerd/go.mod hack/tools/containerd/go.sum
	$(call tool,containerd,github.com/containerd/containerd/v2/cmd/$(notdir $@),-ldflags "-s -w -X github.com/containerd/containerd/v2/version.Version=v2.4.2")

$(BIN)/coredns: hack/tools/coredns/go.mod hack/tools/coredns/go.sum
	$(call tool,coredns,github.com/coredns/coredns,-ldflags "-s -w")

$(BIN)/helm: hack/tools/helm/go.mod hack/tools/helm/go.sum
	$(call tool,helm,helm.sh/helm/v4/cmd/helm,-ldflags "-s -w")

$(BIN)/controller-gen: hack/tools/dev/go.mod hack/tools/dev/go.sum
	$(call tool,dev,sigs.k8s.io/controller-tools/cmd/controller-gen,-ldflags "-s -w -X sigs.k8s.io/controller-tools/pkg/version.version=v0.23.0")

$(BIN)/golangci-lint: hack/tools/dev/go.mod hack/tools/dev/go.sum
	$(call tool,dev,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,-ldflags "-s -w")
