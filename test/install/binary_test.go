package install

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
)

func TestImageBuildsTheSameTwice(t *testing.T) {
	var sums [2][sha256.Size]byte
	for i := range sums {
		content, err := os.ReadFile(buildImage(t))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = sha256.Sum256(content)
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds differ: %x and %x", sums[0], sums[1])
	}
}

func TestImageHasTheCompilerOfTheModule(t *testing.T) {
	module := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(readFile(t, "go.mod"))
	if want := "golang:" + string(module[1]) + " AS builder"; !strings.Contains(string(readFile(t, "Dockerfile")), want) {
		t.Errorf("the Dockerfile does not build with %s", want)
	}
}

// TestArgumentsAreUnderstood starts the operator with the arguments of each
// rendering and a kubeconfig that is not there, which it looks for once it has
// accepted its arguments.
func TestArgumentsAreUnderstood(t *testing.T) {
	binary := buildImage(t)
	const missing = "kubeconfig-that-is-not-there"
	for name, r := range renderings() {
		t.Run(name, func(t *testing.T) {
			container := only[appsv1.Deployment](t, r.objects(t), "Deployment").Spec.Template.Spec.Containers[0]
			cmd := command(t, binary, append(container.Args, "--kubeconfig="+missing)...)
			cmd.Env = environment(t, container)
			output, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(output), missing) {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
}

func TestNodeExporterImageIsTheOperatorsOwn(t *testing.T) {
	usage, err := command(t, buildImage(t), "--help").CombinedOutput()
	found := regexp.MustCompile(`(?s)-node-exporter-image .*?\(default "(.*?)"\)`).FindSubmatch(usage)
	if found == nil {
		t.Fatalf("%v: %s", err, usage)
	}
	if got := leaves(t, readFile(t, chartPath+"/values.yaml"))["nodeExporter.image"]; got != `"`+string(found[1])+`"` {
		t.Errorf("the chart's default is %s, the operator's %s", got, found[1])
	}
}

// buildImage does what the Dockerfile does, without an engine, and returns the
// binary: it takes what the Dockerfile copies and .dockerignore leaves, and runs
// the same command on it.
func buildImage(t *testing.T) string {
	t.Helper()
	dockerfile := string(readFile(t, "Dockerfile"))
	source, binary := t.TempDir(), filepath.Join(t.TempDir(), "operator")
	for _, instruction := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(dockerfile, -1) {
		for name := range strings.FieldsSeq(instruction[1]) {
			copyContext(t, source, path.Clean(name))
		}
	}
	build := regexp.MustCompile(`(?s)\nRUN (CGO_ENABLED=0 .*?[^\\])\n`).FindStringSubmatch(dockerfile)
	if build == nil {
		t.Fatal("the Dockerfile does not build without cgo")
	}
	cmd := command(t, "sh", "-ec", strings.Replace(build[1], "-o /operator", "-o "+binary, 1))
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build[1], err, output)
	}
	return binary
}

// copyContext copies a file or folder of the repository to dir, as far as
// .dockerignore lets it through.
func copyContext(t *testing.T, dir, name string) {
	t.Helper()
	ignored := contextRules(t, name)
	err := fs.WalkDir(os.DirFS(root(t)), name, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ignored(path.Base(file)) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		target := filepath.Join(dir, file)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		return os.WriteFile(target, readFile(t, file), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// contextRules returns whether .dockerignore excludes a file or folder of this name
// anywhere below top, which it must let through. It knows the forms that the file
// uses: all is excluded but some at the top, and "**/" excludes names in these.
func contextRules(t *testing.T, top string) func(name string) bool {
	t.Helper()
	rules := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAll(readFile(t, ".dockerignore"), nil)
	if !bytes.HasPrefix(rules, []byte("*\n")) || !bytes.Contains(rules, []byte("\n!"+top)) {
		t.Fatalf(".dockerignore does not exclude all but %s and others", top)
	}
	var patterns []string
	for rule := range strings.FieldsSeq(string(rules)) {
		if pattern, ok := strings.CutPrefix(rule, "**/"); ok {
			patterns = append(patterns, strings.TrimSuffix(pattern, "/"))
		} else if rule != "*" && !strings.HasPrefix(rule, "!") {
			t.Fatalf(".dockerignore has a rule of another form: %s", rule)
		}
	}
	return func(name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			matched, err := path.Match(pattern, name)
			if err != nil {
				t.Fatalf(".dockerignore: %s: %v", pattern, err)
			}
			return matched
		})
	}
}
