package images

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteAll makes the files of all images in the table that need it, of binaries in
// bin, in dir. changed is called with the name of each that was made.
func WriteAll(bin, dir string, changed func(name string)) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // images hold no secrets
		return fmt.Errorf("make images: %w", err)
	}
	for _, image := range Table() {
		made, err := Write(image, bin, dir)
		switch {
		case image.Optional && errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w: run `make images`", err)
		case err != nil:
			return err
		case made:
			changed(image.Name)
		}
	}
	return nil
}

// Files are the files of the images in dir that the table knows.
func Files(dir string) ([]string, error) {
	var files []string
	for _, image := range Table() {
		path := File(dir, image.Name)
		_, err := os.Stat(path)
		switch {
		case image.Optional && errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("%w: run `make images`", err)
		}
		files = append(files, filepath.Clean(path))
	}
	return files, nil
}
