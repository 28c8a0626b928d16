package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// event is one line of "go test -json".
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// layers say which kind of test a package holds; the first prefix that fits counts.
var layers = []struct{ prefix, name string }{
	{"api/", "control plane"},
	{"internal/controller", "control plane"},
	{"hack/controlplane", "control plane"},
	{"hack/demo", "control plane"},
	{"test/install", "install"},
	{"internal/rules", "rules"},
	{"", "unit"},
}

const module = "github.com/ragmonitor/ragmonitor-operator/"

type count struct{ passed, failed, skipped int }

type report struct {
	out     io.Writer
	output  map[string][]string
	counts  map[string]*count
	parents map[string]bool
	broken  bool
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, counts: map[string]*count{}, parents: map[string]bool{}}
}

// ginkgoRan is the line by which a Ginkgo suite, which is one Go test, counts its
// specs.
var ginkgoRan = regexp.MustCompile(`(\d+) Passed.* (\d+) Failed`)

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

func (r *report) add(e event) {
	id := e.Package + " " + e.Test
	switch e.Action {
	case "run":
		if i := strings.LastIndex(e.Test, "/"); i > 0 {
			r.parents[e.Package+" "+e.Test[:i]] = true
		}
	case "output", "build-output":
		r.addOutput(e, id)
	case "pass", "fail", "skip":
		r.end(e, id)
	}
}

func (r *report) addOutput(e event, id string) {
	r.output[id] = append(r.output[id], e.Output)
	if m := ginkgoRan.FindStringSubmatch(colour.ReplaceAllString(e.Output, "")); m != nil {
		// The suite itself is counted when it ends.
		c := r.count(e.Package)
		c.passed += atoi(m[1])
		c.failed += atoi(m[2])
		r.parents[id] = true
	}
}

func (r *report) end(e event, id string) {
	if e.Action == "fail" {
		r.broken = true
		fmt.Fprint(r.out, strings.Join(r.output[id], ""))
	}
	delete(r.output, id)
	if e.Test == "" {
		fmt.Fprintf(r.out, "%-5s %-45s %6.1fs\n", e.Action, strings.TrimPrefix(e.Package, module), e.Elapsed)
		return
	}
	if r.parents[id] {
		return
	}
	c := r.count(e.Package)
	switch e.Action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
	default:
		c.skipped++
	}
}

func (r *report) count(pkg string) *count {
	name := layer(strings.TrimPrefix(pkg, module))
	if r.counts[name] == nil {
		r.counts[name] = &count{}
	}
	return r.counts[name]
}

func layer(pkg string) string {
	for _, l := range layers {
		if strings.HasPrefix(pkg, l.prefix) {
			return l.name
		}
	}
	return ""
}

// summary prints the counts and says whether everything passed.
func (r *report) summary() bool {
	var all count
	fmt.Fprintf(r.out, "\n%-14s %7s %7s %8s\n", "layer", "passed", "failed", "skipped")
	for _, name := range []string{"unit", "rules", "control plane", "install"} {
		c := r.counts[name]
		if c == nil {
			continue
		}
		fmt.Fprintf(r.out, "%-14s %7d %7d %8d\n", name, c.passed, c.failed, c.skipped)
		all.passed, all.failed, all.skipped = all.passed+c.passed, all.failed+c.failed, all.skipped+c.skipped
	}
	if r.broken && all.failed == 0 {
		// A package that does not build, or panics, has no test to blame.
		all.failed = 1
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", all.passed, all.failed, all.skipped)
	return !r.broken && all.failed == 0 && all.passed > 0
}

func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
