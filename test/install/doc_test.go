// Package install tests what an administrator installs: the Helm chart, the
// kustomizations and the image. It renders them with the real helm and kubectl, and
// gives the result to a real API server.
//
//	render_test.go    runs the tools, and lists all the ways to install
//	chart_test.go     the chart by itself: lint, options, refusals
//	values_test.go    values.yaml and its schema agree
//	hooks_test.go     what helm makes at times: the pod of a test, the Job of an uninstallation
//	network_test.go   the NetworkPolicy lets through what is needed
//	alerts_test.go    the alerts on the operator fire, with the real promtool
//	alike_test.go     the chart and the kustomizations make the same objects
//	security_test.go  Pod Security and RBAC of all that is rendered
//	server_test.go    an API server accepts all that is rendered
//	release_test.go   helm installs, tests, upgrades, rolls back and uninstalls the chart
//	node_test.go      runs the pods of helm's hooks, with the rights of their accounts
//	process_test.go   runs pods of the operator
//	operator_test.go  the operator works with the arguments and rights it is given
//	standby_test.go   a second one takes over at once
//	unready_test.go   one that cannot see is not ready
//	dist_test.go      the one file of a release is accepted
//	binary_test.go    the image builds from its context; the operator understands its arguments
package install
