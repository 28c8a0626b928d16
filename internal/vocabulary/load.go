package vocabulary

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"

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
	v = v.withDefaults()
	c := checker{file: file, root: &root}
	c.vocabulary(v)
	return v, errors.Join(c.found...)
}

// withDefaults fills in what a series has of its signal.
func (v Vocabulary) withDefaults() Vocabulary {
	for signal, alternatives := range v.Signals {
		for i := range alternatives {
			alternatives[i] = alternatives[i].withDefaults(signal)
		}
	}
	return v
}

func (s Series) withDefaults(signal Signal) Series {
	if s.Type == "" {
		s.Type = signal.Type()
	}
	if s.Unit == "" {
		s.Unit = signal.Unit()
	}
	return s
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
