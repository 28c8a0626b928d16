package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	crd            = "kind: CustomResourceDefinition\n"
	alerts         = "kind: PrometheusRule\nspec:\n  groups:\n  - name: operator\n    rules:\n    - alert: Down\n      expr: absent(up{namespace=\"ragmonitor-system\", job=\"ragmonitor-operator-metrics\"})\n"
	clusterRole    = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: operator\nrules:\n- apiGroups: [\"\"]\n  resources: [configmaps]\n  verbs: [get, create, delete]\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [list]\n"
	namespacedRole = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: operator\n  namespace: system\nrules:\n- apiGroups: [coordination.k8s.io]\n  resources: [leases]\n  verbs: [get, update]\n"
)

// alertsSource is where the alerts are, below config/.
const alertsSource = "components/monitoring/prometheusrule.yaml"

// want is what the copies of the sources look like.
var want = map[string]string{
	"crds/things.yaml": "# Made by make generate from config/crd/bases/things.yaml; do not edit.\n" + crd,
	"cluster-role.yaml": "# Made by make generate from config/rbac/role.yaml; do not edit.\n" +
		"rules:\n- apiGroups:\n  - \"\"\n  resources:\n  - configmaps\n  verbs:\n  - get\n  - create\n  - delete\n" +
		"- apiGroups:\n  - \"\"\n  resources:\n  - pods\n  verbs:\n  - list\n",
	"role.yaml": "# Made by make generate from config/rbac/role.yaml; do not edit.\n" +
		"rules:\n- apiGroups:\n  - coordination.k8s.io\n  resources:\n  - leases\n  verbs:\n  - get\n  - update\n",
	"cleanup-cluster-role.yaml": "# Made by make generate from config/rbac/role.yaml; do not edit.\n" +
		"rules:\n- apiGroups:\n  - \"\"\n  resources:\n  - configmaps\n  verbs:\n  - delete\n  - list\n",
	"cleanup-role.yaml": "# Made by make generate from config/rbac/role.yaml; do not edit.\n" +
		"rules:\n- apiGroups:\n  - coordination.k8s.io\n  resources:\n  - leases\n  verbs:\n  - get\n  - create\n  - update\n  - delete\n",
	"operator-alerts.yaml": "# Made by make generate from config/components/monitoring/prometheusrule.yaml; do not edit.\n" +
		"groups:\n- name: operator\n  rules:\n  - alert: Down\n    expr: absent(up{namespace=\"__namespace__\", job=\"__job__\"})\n",
}

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		// copies are in the chart before.
		copies map[string]string
		// stale are the paths that -check names; none for a success.
		stale string
	}{
		"an empty chart gets every copy": {
			stale: "cleanup-cluster-role.yaml, cleanup-role.yaml, cluster-role.yaml, crds/things.yaml, operator-alerts.yaml, role.yaml",
		},
		"a copy that was edited is put right": {
			copies: with(want, "role.yaml", "rules: []\n"), stale: "role.yaml",
		},
		"what no longer has a source is removed": {
			copies: with(want, "crds/gone.yaml", crd), stale: "crds/gone.yaml",
		},
		"right copies are left alone": {copies: want},
	} {
		t.Run(name, func(t *testing.T) {
			root := repository(t, map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": clusterRole + namespacedRole, alertsSource: alerts})
			files := filepath.Join(root, "charts", "ragmonitor-operator", "files")
			write(t, files, tc.copies)

			checkErr := run(root, true)
			if tc.stale == "" && checkErr != nil {
				t.Errorf("-check failed: %v", checkErr)
			}
			if tc.stale != "" && (checkErr == nil || !strings.Contains(checkErr.Error(), ": "+tc.stale+": run `make generate`")) {
				t.Errorf("-check: error %v, want one that names %s", checkErr, tc.stale)
			}
			if diff := cmp.Diff(orEmpty(tc.copies), read(t, files)); diff != "" {
				t.Errorf("-check changed files (-before +after):\n%s", diff)
			}

			if err := run(root, false); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, read(t, files)); diff != "" {
				t.Errorf("copies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		sources map[string]string
		want    string
	}{
		"no CustomResourceDefinition": {
			sources: map[string]string{"rbac/role.yaml": clusterRole + namespacedRole}, want: "no CustomResourceDefinition in",
		},
		"no roles": {
			sources: map[string]string{"crd/bases/things.yaml": crd}, want: "read the roles",
		},
		"no Role": {
			sources: map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": clusterRole}, want: "no Role",
		},
		"two Roles": {
			sources: map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": clusterRole + namespacedRole + namespacedRole},
			want:    "more than one Role",
		},
		"a role without rules": {
			sources: map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": "kind: Role\nmetadata: {name: idle}\n"},
			want:    "Role idle has no rules",
		},
		"no alerts": {
			sources: map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": clusterRole + namespacedRole},
			want:    "read the alerts",
		},
		"alerts without groups": {
			sources: map[string]string{
				"crd/bases/things.yaml": crd, "rbac/role.yaml": clusterRole + namespacedRole, alertsSource: "kind: PrometheusRule\n",
			},
			want: "no groups in",
		},
		"another kind": {
			sources: map[string]string{"crd/bases/things.yaml": crd, "rbac/role.yaml": "kind: RoleBinding\n"},
			want:    `kind "RoleBinding"`,
		},
		"a field that would be lost": {
			sources: map[string]string{
				"crd/bases/things.yaml": crd,
				"rbac/role.yaml":        strings.Replace(clusterRole, "rules:", "aggregationRule: {}\nrules:", 1) + namespacedRole,
			},
			want: `unknown field "aggregationRule"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := repository(t, tc.sources)
			err := run(root, false)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			files := read(t, filepath.Join(root, "charts", "ragmonitor-operator", "files"))
			if len(files) > 0 {
				t.Errorf("wrote %v all the same", files)
			}
		})
	}
}

// repository is a folder with these sources below config/.
func repository(t *testing.T, sources map[string]string) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "config"), sources)
	return root
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	content, err := readFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for path, bytes := range content {
		files[path] = string(bytes)
	}
	return files
}

func with(files map[string]string, path, content string) map[string]string {
	changed := map[string]string{path: content}
	for name, original := range files {
		if name != path {
			changed[name] = original
		}
	}
	return changed
}

func orEmpty(files map[string]string) map[string]string {
	if files == nil {
		return map[string]string{}
	}
	return files
}
