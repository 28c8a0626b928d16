// Package images makes container images of static binaries, as files in the form of
// `docker save`: nothing is pulled from anywhere, nor does making them need a daemon.
package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// fingerprintLabel of an image tells what it was made of.
const fingerprintLabel = "io.ragmonitor.fingerprint"

// Ref is the name under which a cluster knows the image.
func Ref(name string) string { return config.Image + name + config.Tag }

// File is the image's file in a folder.
func File(dir, name string) string { return filepath.Join(dir, name+".tar") }

// Write makes the image's file in dir of binaries in bin, and says whether it had to:
// a file that was made of the same binaries is left as it is.
func Write(image Image, bin, dir string) (bool, error) {
	fingerprint, err := fingerprint(image, bin)
	if err != nil {
		return false, fmt.Errorf("make image %s: %w", image.Name, err)
	}
	path := File(dir, image.Name)
	if made, err := readFingerprint(path); err == nil && made == fingerprint {
		return false, nil
	}
	built, err := build(image, bin, fingerprint)
	if err != nil {
		return false, fmt.Errorf("make image %s: %w", image.Name, err)
	}
	if err := save(path, Ref(image.Name), built); err != nil {
		return false, fmt.Errorf("make image %s: %w", image.Name, err)
	}
	return true, nil
}

// fingerprint is of the image's description and of its binaries, not of their times:
// a build that changes nothing may write them anew.
func fingerprint(image Image, bin string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s", image.Entrypoint, image.User)
	for _, target := range slices.Sorted(maps.Keys(image.Files)) {
		file, err := os.Open(filepath.Join(bin, image.Files[target]))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, " %s ", target)
		_, err = io.Copy(sum, file)
		if err = errors.Join(err, file.Close()); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func readFingerprint(path string) (string, error) {
	image, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		return "", err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return "", err
	}
	return file.Config.Labels[fingerprintLabel], nil
}

// ID is the digest of the configuration of the image in a file, which is the image's
// identity, and the name it has there.
func ID(path string) (ref, id string, err error) {
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(path) })
	if err != nil {
		return "", "", fmt.Errorf("read image %s: %w", path, err)
	}
	if len(manifest) != 1 || len(manifest[0].RepoTags) != 1 {
		return "", "", fmt.Errorf("read image %s: it must hold one image with one name", path)
	}
	return manifest[0].RepoTags[0], manifest[0].Config, nil
}

func build(image Image, bin, fingerprint string) (v1.Image, error) {
	content, err := layer(image, bin)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}, tarball.WithCompressedCaching) // else it is packed three times
	if err != nil {
		return nil, err
	}
	built, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	file, err := built.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", architecture
	file.Config = v1.Config{
		Entrypoint: []string{image.Entrypoint}, User: image.User, WorkingDir: "/",
		Labels: map[string]string{fingerprintLabel: fingerprint},
	}
	return mutate.ConfigFile(built, file)
}

// layer is the same, byte for byte, for the same binaries.
func layer(image Image, bin string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range folders(image) {
		header := tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}
		if dir == "tmp/" {
			header.Mode = 0o1777
		}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
	}
	for _, target := range slices.Sorted(maps.Keys(image.Files)) {
		if err := add(w, filepath.Join(bin, image.Files[target]), target); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// folders are those that the files need, and one for temporary files.
func folders(image Image) []string {
	all := map[string]bool{"tmp/": true}
	for target := range image.Files {
		for dir := filepath.Dir(target); dir != "/"; dir = filepath.Dir(dir) {
			all[dir[1:]+"/"] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func add(w *tar.Writer, source, target string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if err := static(content); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	header := tar.Header{Typeflag: tar.TypeReg, Name: target[1:], Mode: 0o755, Size: int64(len(content))}
	if err := w.WriteHeader(&header); err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// save replaces the file whole: somebody may be loading it.
func save(path, ref string, image v1.Image) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	temporary := path + ".new"
	if err := tarball.WriteToFile(temporary, tag, image); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
