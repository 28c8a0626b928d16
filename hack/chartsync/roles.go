package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// roleRules are the "rules:" of both roles.
type roleRules struct {
	cluster, namespaced []rbacv1.PolicyRule
}

// role has the fields that controller-gen writes, of a ClusterRole and of a Role
// alike; anything else in the file is an error, since it would be lost.
type role struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Rules []rbacv1.PolicyRule `json:"rules"`
}

// splitRoles expects exactly one ClusterRole and one Role, each with rules.
func splitRoles(content []byte) (roleRules, error) {
	byKind := map[string][]rbacv1.PolicyRule{}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return roleRules{}, fmt.Errorf("read a document: %w", err)
		}
		kind, rules, err := readRole(document)
		if err != nil {
			return roleRules{}, err
		}
		if byKind[kind] != nil {
			return roleRules{}, fmt.Errorf("more than one %s: the chart has room for one", kind)
		}
		byKind[kind] = rules
	}
	for _, kind := range []string{"ClusterRole", "Role"} {
		if byKind[kind] == nil {
			return roleRules{}, fmt.Errorf("no %s", kind)
		}
	}
	return roleRules{cluster: byKind["ClusterRole"], namespaced: byKind["Role"]}, nil
}

func readRole(document []byte) (kind string, rules []rbacv1.PolicyRule, err error) {
	var r role
	if err := yaml.UnmarshalStrict(document, &r); err != nil {
		return "", nil, fmt.Errorf("read a role: %w", err)
	}
	if r.Kind != "ClusterRole" && r.Kind != "Role" {
		return "", nil, fmt.Errorf("kind %q, want ClusterRole or Role", r.Kind)
	}
	if len(r.Rules) == 0 {
		return "", nil, fmt.Errorf("%s %s has no rules", r.Kind, r.Metadata.Name)
	}
	return r.Kind, r.Rules, nil
}
