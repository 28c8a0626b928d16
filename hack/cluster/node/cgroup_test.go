//go:build linux

package node

import (
	"os"
	"path/filepath"
	"testing"
)

func TestGroupsAreMadeAndRemoved(t *testing.T) {
	// Folders stand for the trees of version 1; the kernel would fill them with files.
	cpuset, memory := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"} {
		if err := os.WriteFile(filepath.Join(cpuset, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := groups{name: "ragmonitor-test", trees: []hierarchy{
		{Mount: memory, Root: "/", Controllers: []string{"memory"}},
	}}
	if err := g.create(); err != nil {
		t.Fatal(err)
	}
	if err := g.create(); err != nil {
		t.Errorf("made a second time: %v", err)
	}
	pod := filepath.Join(memory, "ragmonitor-test", "kubepods", "pod1")
	if err := os.MkdirAll(pod, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := g.remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(memory, "ragmonitor-test")); !os.IsNotExist(err) {
			t.Errorf("the group is still there: %v", err)
		}
	}
}

func TestNewGroupGetsTheCPUsAbove(t *testing.T) {
	parent := t.TempDir()
	group := filepath.Join(parent, "group")
	if err := os.Mkdir(group, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		filepath.Join(parent, "cpuset.cpus"): "0-1\n", filepath.Join(group, "cpuset.cpus"): "",
		filepath.Join(parent, "cpuset.mems"): "0\n", filepath.Join(group, "cpuset.mems"): "",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyCPUs(parent, group); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"} {
		if got, err := os.ReadFile(filepath.Join(group, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, want %q: %v", name, got, want, err)
		}
	}
}
