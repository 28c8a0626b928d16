package images_test

import (
	"archive/tar"
	"debug/elf"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/images"
)

// binary writes the smallest file that the kernel would take for a static binary; more
// tells two apart.
func binary(t *testing.T, path, more string) {
	t.Helper()
	header := make([]byte, 64)
	copy(header, elf.ELFMAG)
	header[elf.EI_CLASS], header[elf.EI_DATA], header[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	header[16], header[18], header[20] = byte(elf.ET_EXEC), byte(elf.EM_X86_64), byte(elf.EV_CURRENT)
	header[52] = 64
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(header, more...), 0o600); err != nil {
		t.Fatal(err)
	}
}

var image = images.Image{Name: "sample", Files: map[string]string{"/bin/sample": "sample"}, Entrypoint: "/bin/sample", User: "1:2"}

// file is what a file in a layer is like.
type file struct {
	Mode int64
	Size int64
}

func TestImageHoldsItsBinaryAndNoMore(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	binary(t, filepath.Join(bin, "sample"), "")
	if made, err := images.Write(image, bin, dir); err != nil || !made {
		t.Fatalf("made %t, error %v", made, err)
	}
	read, err := tarball.ImageFromPath(images.File(dir, "sample"), nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := read.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/bin/sample"}, config.Config.Entrypoint); diff != "" {
		t.Errorf("entry point (-want +got):\n%s", diff)
	}
	if config.Config.User != "1:2" || config.OS != "linux" {
		t.Errorf("user %q, system %q", config.Config.User, config.OS)
	}
	layers, err := read.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, error %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]file{"bin/": {Mode: 0o755}, "tmp/": {Mode: 0o1777}, "bin/sample": {Mode: 0o755, Size: 64}}
	if diff := cmp.Diff(want, list(t, content)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func list(t *testing.T, layer io.Reader) map[string]file {
	t.Helper()
	files := map[string]file{}
	for r := tar.NewReader(layer); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = file{Mode: header.Mode, Size: header.Size}
	}
}

func TestImageIsMadeAgainOnlyWhenItsBinaryHasChanged(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	path := filepath.Join(bin, "sample")
	var ids []string
	for _, step := range []struct {
		change func()
		want   bool
	}{
		{func() { binary(t, path, "") }, true},
		{func() {}, false},
		{func() { binary(t, path, "") }, false}, // written anew, with another time
		{func() { binary(t, path, "more") }, true},
	} {
		step.change()
		made, err := images.Write(image, bin, dir)
		if err != nil {
			t.Fatal(err)
		}
		if made != step.want {
			t.Errorf("made %t, want %t", made, step.want)
		}
		ref, id, err := images.ID(images.File(dir, "sample"))
		if err != nil || ref != "localhost/ragmonitor/sample:dev" {
			t.Errorf("name %q, error %v", ref, err)
		}
		ids = append(ids, id)
	}
	if ids[0] != ids[2] || ids[2] == ids[3] {
		t.Errorf("identities %v", ids)
	}
}

func TestWhatCannotBeInAnImage(t *testing.T) {
	shell, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ content, want string }{
		"a script":                         {"#!/bin/sh\n", "no binary for Linux"},
		"a binary that needs a library":    {string(shell), "build it with CGO_ENABLED=0"},
		"nothing, as after a failed build": {"", "no binary for Linux"},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "sample"), []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := images.Write(image, bin, t.TempDir()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, image := range images.Table() {
		if seen[image.Name] {
			t.Errorf("%s is there twice", image.Name)
		}
		seen[image.Name] = true
		if image.Files[image.Entrypoint] == "" {
			t.Errorf("%s: nothing is at its entry point", image.Name)
		}
		// The kubelet refuses a user by name where it must not be root.
		user, group, ok := strings.Cut(image.User, ":")
		if !ok || user == "0" || strings.Trim(user+group, "0123456789") != "" {
			t.Errorf("%s runs as %q", image.Name, image.User)
		}
	}
}

func TestWriteAll(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "images")
	var needed, optional []string
	for _, image := range images.Table() {
		for _, name := range image.Files {
			if image.Optional {
				optional = append(optional, image.Name)
				continue
			}
			needed = append(needed, image.Name)
			binary(t, filepath.Join(bin, name), time.Now().String())
		}
	}
	if len(optional) == 0 {
		t.Fatal("no image is optional")
	}
	var made []string
	if err := images.WriteAll(bin, dir, func(name string) { made = append(made, name) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(needed, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	files, err := images.Files(dir)
	if err != nil || len(files) != len(needed) {
		t.Errorf("%d files, error %v, want %d", len(files), err, len(needed))
	}
	if err := os.Remove(filepath.Join(bin, "ragsim")); err != nil {
		t.Fatal(err)
	}
	if err := images.WriteAll(bin, dir, func(string) {}); err == nil || !strings.Contains(err.Error(), "run `make images`") {
		t.Errorf("error %v, want one that says what to run", err)
	}
}
