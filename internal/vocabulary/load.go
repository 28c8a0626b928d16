package vocabulary

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed catalogue/*.yaml
var embedded embed.FS

// Builtin returns the catalogue that is compiled into the operator. It fails
// only when a catalogue file is broken, which the tests of this package refuse.
func Builtin() (Catalogue, error) {
	return Load(embedded)
}

// Load reads every YAML file under catalogue/ of files. The error names file,
// line and reason of everything that is wrong, in all files.
func Load(files fs.FS) (Catalogue, error) {
	names, err := fs.Glob(files, "catalogue/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the catalogue: %w", err)
	}
	catalogue := Catalogue{}
	var broken []error
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		v, err := parse(name, data)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		catalogue[v.Name] = v
	}
	return catalogue, errors.Join(broken...)
}

func parse(file string, data []byte) (Vocabulary, error) {
	var v Vocabulary
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&v); err != nil {
		return Vocabulary{}, fmt.Errorf("%s: %w", file, err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return Vocabulary{}, fmt.Errorf("%s: %w", file, err)
	}
	c := checker{file: file, root: &root}
	c.vocabulary(v)
	return v, errors.Join(c.found...)
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	stageName  = regexp.MustCompile(`^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$`)
)

// checker collects what is wrong with one file, each with its line.
type checker struct {
	file  string
	root  *yaml.Node
	found []error
}

func (c *checker) vocabulary(v Vocabulary) {
	if want := strings.TrimSuffix(path.Base(c.file), ".yaml"); v.Name != want {
		c.fail([]any{"name"}, "name is %q, must be %q like the file", v.Name, want)
	}
	if v.Title == "" {
		c.fail([]any{"title"}, "title is missing: say in a few words whose vocabulary it is")
	}
	if len(v.Signals) == 0 {
		c.fail([]any{"signals"}, "signals is empty: a vocabulary must feed one signal at least")
	}
	for _, signal := range sortedSignals(v.Signals) {
		if !signal.Known() {
			c.fail([]any{"signals", string(signal)}, "signal %q is unknown, must be one of %s", signal, strings.Join(knownSignals(), ", "))
			continue
		}
		for i, series := range v.Signals[signal] {
			c.series(signal, i, series)
		}
	}
}

func (c *checker) series(signal Signal, i int, s Series) {
	at := func(field ...any) []any { return append([]any{"signals", string(signal), i}, field...) }
	want := signals[signal]
	if s.Type != want.metricType {
		c.fail(at("type"), "type of %s is %q, must be %q", signal, s.Type, want.metricType)
	}
	if s.Unit != want.unit {
		c.fail(at("unit"), "unit of %s is %q, must be %q", signal, s.Unit, want.unit)
	}
	if len(s.Metrics) == 0 {
		c.fail(at("metrics"), "metrics of %s is empty: name the metric", signal)
	}
	for j, name := range s.Metrics {
		if !metricName.MatchString(name) {
			c.fail(at("metrics", j), "metric %q is not a Prometheus metric name", name)
		}
	}
	c.stage(signal, at, s)
	c.labels(signal, at, s)
}

func (c *checker) stage(signal Signal, at func(...any) []any, s Series) {
	if !signal.Staged() {
		if s.Stage != "" || s.StageLabel != "" {
			c.fail(at("stage"), "%s is not measured by stage: remove stage", signal)
		}
		return
	}
	switch {
	case s.StageLabel != "" && s.Stage != "":
		c.fail(at("stageLabel"), "%s has both stage and stageLabel: write one", signal)
	case s.StageLabel != "":
		if !labelName.MatchString(s.StageLabel) {
			c.fail(at("stageLabel"), "stageLabel %q is not a Prometheus label name", s.StageLabel)
		}
	case s.Stage == Unaccounted:
		c.fail(at("stage"), "stage %q is the name of the time that no stage explains: use another", Unaccounted)
	case !stageName.MatchString(s.Stage):
		c.fail(at("stage"), "stage of %s is %q, must be the name of a stage, such as \"retrieval\"", signal, s.Stage)
	}
}

func (c *checker) labels(signal Signal, at func(...any) []any, s Series) {
	for label, values := range s.Match {
		if !labelName.MatchString(label) || len(values) == 0 {
			c.fail(at("match", label), "match of label %q must have a valid label name and at least one value", label)
		}
	}
	for label, pattern := range s.MatchPattern {
		if _, err := regexp.Compile(pattern); err != nil || !labelName.MatchString(label) {
			c.fail(at("matchPattern", label), "matchPattern of label %q must have a valid label name and a regular expression", label)
		}
	}
	for canonical, label := range s.Labels {
		if kept := signals[signal].labels; !slices.Contains(kept, canonical) {
			c.fail(at("labels", canonical), "label %q of %s is not kept by any rule, must be one of %q", canonical, signal, kept)
		}
		if !labelName.MatchString(label) {
			c.fail(at("labels", canonical), "label %q is not a Prometheus label name", label)
		}
	}
}

func (c *checker) fail(at []any, format string, args ...any) {
	c.found = append(c.found, fmt.Errorf("%s:%d: %s", c.file, line(c.root, at), fmt.Sprintf(format, args...)))
}

// line is the line of the node at the end of a path of keys and indexes, or of
// the last node on the way that exists.
func line(n *yaml.Node, at []any) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range at {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return max(n.Line, 1)
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step]
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func sortedSignals(m map[Signal][]Series) []Signal {
	keys := make([]Signal, 0, len(m))
	for s := range m {
		keys = append(keys, s)
	}
	slices.Sort(keys)
	return keys
}
