// Package install tests what an administrator installs: the Helm chart, the
// kustomizations and the image. It renders them with the real helm and kubectl, and
// gives the result to a real API server.
//
//	render_test.go    runs the tools, and lists all the ways to install
//	chart_test.go     the chart by itself: lint, options, refusals
//	values_test.go    values.yaml, its schema and its documentation agree
//	alike_test.go     the chart and the kustomizations make the same objects
//	security_test.go  Pod Security and RBAC of all that is rendered
//	server_test.go    an API server accepts all that is rendered
//	release_test.go   helm installs, upgrades and uninstalls the chart
//	operator_test.go  the operator works with the arguments and rights it is given
//	binary_test.go    the image builds from its context; the operator understands its arguments
package install
