// Command chartsync copies what controller-gen makes under config/ into the Helm
// chart, which can only read files of its own folder:
//
//   - each file of config/crd/bases/ to files/crds/
//   - the rules of the ClusterRole and of the Role in config/rbac/role.yaml to
//     files/cluster-role.yaml and files/role.yaml
//   - what of them the removal of the operator's objects needs, to
//     files/cleanup-cluster-role.yaml and files/cleanup-role.yaml
//   - the alerts on the operator itself, with tokens in place of the names that a
//     release chooses, to files/operator-alerts.yaml
//
// The chart's folder files/ holds nothing else: chartsync removes what does not
// belong there.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", ".", "`folder` of the repository")
	check := flag.Bool("check", false, "change nothing, and fail when a copy is missing, stale or left over")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "chartsync:", err)
		os.Exit(1)
	}
}

// run brings the copies up to date, or with check fails when they are not.
func run(root string, check bool) error {
	want, err := copies(os.DirFS(root))
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "charts", "ragmonitor-operator", "files")
	stale, err := compare(dir, want)
	if err != nil {
		return err
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("out of date in %s: %s: run `make generate`", dir, strings.Join(stale, ", "))
	}
	return update(dir, want, stale)
}
