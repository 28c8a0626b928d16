package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// markdown lists the pages of the repository, by their paths in it.
func markdown(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "bin" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && filepath.Ext(path) == ".md":
			name, err := filepath.Rel(root, path)
			files = append(files, name)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// allAlerts are the names of those of RAGMonitors, of nodes and of the operator.
func allAlerts(t *testing.T) []string {
	t.Helper()
	from := loadSources(t)
	var names []string
	for _, a := range from.alerts() {
		names = append(names, a.Alert)
	}
	for _, a := range from.operator {
		names = append(names, a.name)
	}
	return names
}

func TestEveryAlertHasARunbook(t *testing.T) {
	for _, alert := range allAlerts(t) {
		name := "docs/runbooks/" + alert + ".md"
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("%s is missing: %s has no runbook", name, alert)
			continue
		}
		page := read(t, name)
		for _, heading := range []string{
			"# " + alert, "## What it means", "## See it", "## Likely causes", "## What to do", "## Tune or silence it",
		} {
			if !strings.Contains("\n"+page, "\n"+heading+"\n") {
				t.Errorf("the runbook of %s has no heading %q", alert, heading)
			}
		}
		if !strings.Contains(page, "```promql\n") {
			t.Errorf("the runbook of %s has no query to look at", alert)
		}
	}
}

func TestEveryRunbookHasAnAlert(t *testing.T) {
	alerts := allAlerts(t)
	files, err := filepath.Glob(filepath.Join(root, "docs/runbooks/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); !slices.Contains(alerts, name) {
			t.Errorf("%s is about no alert", file)
		}
	}
}

// TestRunbooksNameThePanelOfTheirAlert: who is woken at night should not look for a panel
// that is called something else.
func TestRunbooksNameThePanelOfTheirAlert(t *testing.T) {
	from := loadSources(t)
	panels := map[string]string{}
	for _, a := range from.rules.Alerts {
		panels[a.Alert] = titleOf(from.board, a.Panel)
	}
	for _, a := range from.rules.NodeAlerts {
		panels[a.Alert] = titleOf(from.nodes, a.Panel)
	}
	for alert, panel := range panels {
		if !strings.Contains(read(t, "docs/runbooks/"+alert+".md"), "*"+panel+"*") {
			t.Errorf("the runbook of %s does not name its panel, *%s*", alert, panel)
		}
	}
}

func TestReadmeTellsWhatThereIs(t *testing.T) {
	from, page := loadSources(t), read(t, "README.md")
	for _, text := range []string{
		fmt.Sprintf("There are %d,", len(from.vocabularies)),
		fmt.Sprintf("%d [alerts](docs/alerts.md)", len(from.rules.Alerts)),
	} {
		if !strings.Contains(oneLine(page), text) {
			t.Errorf("README.md does not hold %q", text)
		}
	}
	for name := range from.vocabularies {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("README.md does not name the vocabulary %s", name)
		}
	}
}

// TestPagesAreUpToDate: "make verify" says so too, but the other tests here read the
// pages as they are.
func TestPagesAreUpToDate(t *testing.T) {
	if err := run(root, true); err != nil {
		t.Error(err)
	}
}

func TestEveryConditionAndReasonIsExplained(t *testing.T) {
	page := read(t, "docs/conditions.md")
	for name, value := range constants(t, "api/v1alpha1/condition_types.go") {
		want := "| `" + value + "` |"
		if strings.HasPrefix(name, "Condition") {
			want = "\n## " + value + "\n"
		}
		if !strings.Contains(page, want) {
			t.Errorf("docs/conditions.md does not hold %q, which explains %s", want, name)
		}
	}
}

func TestEveryHealthIsExplained(t *testing.T) {
	explained := map[string]string{"Health": "docs/health-model.md", "Unavailable": "docs/alerts.md", "Target": "docs/troubleshooting.md"}
	for name, value := range constants(t, "api/v1alpha1/status_types.go") {
		known := false
		for prefix, file := range explained {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			known = true
			if !strings.Contains(read(t, file), "| `"+value+"` |") {
				t.Errorf("%s does not explain %s, %q", file, name, value)
			}
		}
		if !known {
			t.Errorf("no page is known to explain %s, %q", name, value)
		}
	}
}

// constants are the constants of a Go file that are text, by name.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, spec := range valueSpecs(t, file) {
		for i, value := range spec.Values {
			if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				out[spec.Names[i].Name] = unquote(t, literal)
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no constants", file)
	}
	return out
}

func valueSpecs(t *testing.T, file string) []*ast.ValueSpec {
	t.Helper()
	var specs []*ast.ValueSpec
	ast.Inspect(parse(t, file), func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			specs = append(specs, spec)
		}
		return true
	})
	return specs
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func unquote(t *testing.T, literal *ast.BasicLit) string {
	t.Helper()
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryFlagIsExplained(t *testing.T) {
	page, found := read(t, "docs/install.md"), 0
	explained := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 3 {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		literal, isText := call.Args[1].(*ast.BasicLit)
		if !ok || !isText || !strings.HasSuffix(selector.Sel.Name, "Var") {
			return true
		}
		found++
		if want := "| `--" + unquote(t, literal) + "` |"; !strings.Contains(page, want) {
			t.Errorf("docs/install.md does not hold %q", want)
		}
		return true
	}
	for _, file := range []string{"cmd/operator/flags.go", "cmd/operator/nodes.go"} {
		ast.Inspect(parse(t, file), explained)
	}
	if found < 20 {
		t.Errorf("%d flags were found in cmd/operator", found)
	}
}

func TestIndexNamesEveryPage(t *testing.T) {
	index := read(t, "docs/README.md")
	for _, file := range markdown(t) {
		name, inDocs := strings.CutPrefix(file, "docs/")
		if inDocs && name != "README.md" && !strings.HasPrefix(name, "runbooks/") && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
}

var (
	fence = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	span  = regexp.MustCompile("`[^`\n]*`")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, file := range markdown(t) {
		prose := span.ReplaceAllString(fence.ReplaceAllString(read(t, file), ""), "")
		for _, found := range link.FindAllStringSubmatch(prose, -1) {
			checkLink(t, file, found[1])
		}
	}
}

// checkLink leaves alone what is elsewhere: a test must not need the network.
func checkLink(t *testing.T, from, to string) {
	t.Helper()
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return
	}
	path, anchor, _ := strings.Cut(to, "#")
	target := filepath.Join(filepath.Dir(from), path)
	if path == "" {
		target = from
	}
	info, err := os.Stat(filepath.Join(root, target))
	if err != nil {
		t.Errorf("%s: link to %s leads nowhere", from, to)
		return
	}
	if anchor == "" || info.IsDir() || filepath.Ext(target) != ".md" {
		return
	}
	if !slices.Contains(anchors(read(t, target)), anchor) {
		t.Errorf("%s: link to %s leads to a heading that does not exist", from, to)
	}
}

var (
	headings   = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	notInSlugs = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors are those that GitHub gives to the headings of a page.
func anchors(page string) []string {
	var out []string
	for _, h := range headings.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		slug := notInSlugs.ReplaceAllString(strings.ToLower(h[1]), "")
		out = append(out, strings.ReplaceAll(slug, " ", "-"))
	}
	return out
}
