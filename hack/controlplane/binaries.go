package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the repository: the nearest folder with a go.mod, from the working
// directory upwards.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the repository: no go.mod in the working directory or above it")
		}
		dir = parent
	}
}

// binaries are the paths of what a plane runs.
type binaries struct {
	etcd, apiServer, controllerManager string
}

// findBinaries looks for what o needs, and says all that is missing at once.
func findBinaries(o Options) (binaries, error) {
	dir := o.BinDir
	if dir == "" {
		root, err := Root()
		if err != nil {
			return binaries{}, err
		}
		dir = filepath.Join(root, "bin")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return binaries{}, fmt.Errorf("find the binaries: %w", err)
	}
	b := binaries{
		etcd:              filepath.Join(dir, "etcd"),
		apiServer:         filepath.Join(dir, "kube-apiserver"),
		controllerManager: filepath.Join(dir, "kube-controller-manager"),
	}
	needed := []string{b.etcd, b.apiServer}
	if o.ControllerManager {
		needed = append(needed, b.controllerManager)
	}
	var missing []error
	for _, path := range needed {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("%w: run `make controlplane`", err))
		}
	}
	return b, errors.Join(missing...)
}
