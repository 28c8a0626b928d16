package main

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
)

// cleanupVerbs are what the removal of the operator's objects needs beyond deleting
// what the operator may delete: it looks for the Deployment, takes the lease and removes
// it, and tells the RAGMonitors.
var cleanupVerbs = map[string][]string{
	"deployments":        {"get"},
	"leases":             {"get", "create", "update", "delete"},
	"ragmonitors":        {"list"},
	"ragmonitors/status": {"patch"},
}

// forCleanup narrows the operator's rules to what the removal needs, so that whoever
// gives the operator the right to make a kind gives this the right to delete it.
func forCleanup(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var narrow []rbacv1.PolicyRule
	for _, rule := range rules {
		if slices.Contains(rule.Verbs, "delete") {
			rule.Verbs = []string{"delete", "list"}
			narrow = append(narrow, rule)
			continue
		}
		for _, resource := range rule.Resources {
			if verbs, needed := cleanupVerbs[resource]; needed {
				narrow = append(narrow, rbacv1.PolicyRule{APIGroups: rule.APIGroups, Resources: []string{resource}, Verbs: verbs})
			}
		}
	}
	return narrow
}
