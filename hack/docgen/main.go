// Command docgen writes the pages of docs/ that repeat what stands in code or data,
// so that they cannot disagree with it:
//
//	docs/api.md           the CustomResourceDefinition in config/crd/bases/
//	docs/vocabularies.md  the catalogue of internal/vocabulary
//	docs/metrics.md       the recording rules of internal/rules
//	docs/alerts.md        the alerts of internal/rules, and those on the operator
//
// and the tables of values in charts/ragmonitor-operator/README.md.
//
// Its tests look after the other pages: that links lead somewhere, that examples
// are valid, and that no alert, reason or flag is without an explanation.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "`folder` of the repository")
	check := flag.Bool("check", false, "change nothing, and fail when a page is missing or stale")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// run brings the pages up to date, or with check fails when they are not.
func run(root string, check bool) error {
	from, err := load(root)
	if err != nil {
		return err
	}
	pages, err := from.pages()
	if err != nil {
		return err
	}
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("read a page: %w", err)
		}
		if string(have) != pages[name] {
			stale = append(stale, name)
		}
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("out of date: %s: run `make generate`", strings.Join(stale, ", "))
	}
	for _, name := range stale {
		if err := os.WriteFile(filepath.Join(root, name), []byte(pages[name]), 0o644); err != nil { //nolint:gosec // pages are for everybody
			return fmt.Errorf("write a page: %w", err)
		}
	}
	return nil
}
