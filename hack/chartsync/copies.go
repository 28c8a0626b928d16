package main

import (
	"fmt"
	"io/fs"
	"path"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// The sources, relative to the repository.
const (
	crdFolder  = "config/crd/bases"
	roleFile   = "config/rbac/role.yaml"
	alertsFile = "config/components/monitoring/prometheusrule.yaml"
)

// copies are the contents of the chart's folder files/, by slash-separated paths
// in it, made from the repository.
func copies(repository fs.FS) (map[string][]byte, error) {
	want := map[string][]byte{}
	if err := addCRDs(want, repository); err != nil {
		return nil, err
	}
	if err := addRules(want, repository); err != nil {
		return nil, err
	}
	if err := addAlerts(want, repository); err != nil {
		return nil, err
	}
	return want, nil
}

func addCRDs(want map[string][]byte, repository fs.FS) error {
	files, err := fs.Glob(repository, crdFolder+"/*.yaml")
	if err != nil {
		return fmt.Errorf("list %s: %w", crdFolder, err)
	}
	// An empty folder is a generator that failed, not a wish for a chart without CRDs.
	if len(files) == 0 {
		return fmt.Errorf("no CustomResourceDefinition in %s", crdFolder)
	}
	for _, file := range files {
		content, err := fs.ReadFile(repository, file)
		if err != nil {
			return fmt.Errorf("read a CustomResourceDefinition: %w", err)
		}
		want["crds/"+path.Base(file)] = withHeader(file, content)
	}
	return nil
}

func addRules(want map[string][]byte, repository fs.FS) error {
	content, err := fs.ReadFile(repository, roleFile)
	if err != nil {
		return fmt.Errorf("read the roles: %w", err)
	}
	rules, err := splitRoles(content)
	if err != nil {
		return fmt.Errorf("split %s: %w", roleFile, err)
	}
	for name, of := range map[string][]rbacv1.PolicyRule{
		"cluster-role.yaml":         rules.cluster,
		"role.yaml":                 rules.namespaced,
		"cleanup-cluster-role.yaml": forCleanup(rules.cluster),
		"cleanup-role.yaml":         forCleanup(rules.namespaced),
	} {
		content, err := yaml.Marshal(map[string]any{"rules": of})
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		want[name] = withHeader(roleFile, content)
	}
	return nil
}

func withHeader(source string, content []byte) []byte {
	return append([]byte("# Made by make generate from "+source+"; do not edit.\n"), content...)
}
