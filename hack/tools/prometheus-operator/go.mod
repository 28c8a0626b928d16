module github.com/ragmonitor/ragmonitor-operator/hack/tools/prometheus-operator

go 1.26.0

// What is used of this module are its CustomResourceDefinitions, in
// example/prometheus-operator-crd. The tool, its only command without
// dependencies, is there so that "go mod tidy" keeps the requirement.
tool github.com/prometheus-operator/prometheus-operator/example/alertmanager-webhook

require github.com/prometheus-operator/prometheus-operator v0.93.1 // indirect
