// Command prices makes internal/pricing/prices.yaml from the price data of the
// package genai-prices, which fetch.sh brings here:
//
//	hack/prices/fetch.sh [version]
//
// What it takes of the data stands in selection.yaml. It fails rather than leave
// anything out: when a model is no longer in the data, when it has no price, and
// when two models of different prices would be priced under one name.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
)

//go:embed selection.yaml
var selected []byte

func main() {
	data := flag.String("data", "", "JSON `file` with the providers of the package")
	version := flag.String("version", "", "`version` of the package")
	asOf := flag.String("as-of", "", "`day` on which that version was published, such as 2026-11-01")
	output := flag.String("output", "internal/pricing/prices.yaml", "`file` to write")
	flag.Parse()
	if err := run(*data, *version, *asOf, *output); err != nil {
		fmt.Fprintln(os.Stderr, "prices:", err)
		os.Exit(1)
	}
}

func run(data, version, asOf, output string) error {
	if version == "" {
		return fmt.Errorf("-version is missing")
	}
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return fmt.Errorf("read -as-of: %w", err)
	}
	content, err := os.ReadFile(data)
	if err != nil {
		return fmt.Errorf("read the price data: %w", err)
	}
	table, err := generate(content, selected, version, day)
	if err != nil {
		return err
	}
	if err := os.WriteFile(output, table, 0o644); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("write the price table: %w", err)
	}
	return nil
}

// generate returns the price table as of day, having read it as the operator will.
func generate(data, selection []byte, version string, day time.Time) ([]byte, error) {
	from, err := readProviders(data)
	if err != nil {
		return nil, err
	}
	groups, err := readSelection(selection)
	if err != nil {
		return nil, err
	}
	lists, err := choose(groups, from, day)
	if err != nil {
		return nil, err
	}
	var table bytes.Buffer
	if err := write(&table, lists, version, day); err != nil {
		return nil, err
	}
	if _, err := pricing.Parse("prices.yaml", table.Bytes()); err != nil {
		return nil, fmt.Errorf("check the price table: %w", err)
	}
	return table.Bytes(), nil
}
