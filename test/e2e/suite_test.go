//go:build e2e

// Package e2e_test sees the operator at work on a real cluster: installed with Helm,
// beside the Prometheus Operator, watching services that break. "make test-e2e" brings
// up a cluster of its own, unless KUBECONFIG names one.
//
// The specs are steps in the life of one installation, and so in order.
package e2e_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestOnACluster(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "on a cluster")
}

// it is the cluster of all specs.
var it *cluster

var _ = BeforeSuite(func(ctx SpecContext) {
	it = connect()
	it.installStack(ctx)
	it.installSinks(ctx)
	it.prepareSystem(ctx)
	it.awaitStack(ctx)
})

var _ = Describe("an installation", Ordered, ContinueOnFailure, func() {
	Describe("that is fresh", freshInstallation)
	Describe("with two sources", bothSources)
	Describe("of two teams", twoTeams)
	Describe("that notifies", toldOf)
	Describe("of nodes", ofNodes)
	Describe("that is hardened", hardened)
	Describe("in trouble", healing)
	Describe("that is removed", uninstalled)
	Describe("that is upgraded", upgraded)
})
