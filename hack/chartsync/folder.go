package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// compare returns the paths below dir, sorted, whose content is not that of want:
// missing, different, or in no need of being there.
func compare(dir string, want map[string][]byte) ([]string, error) {
	have, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	stale := map[string]bool{}
	for path, content := range want {
		if found, ok := have[path]; !ok || !bytes.Equal(found, content) {
			stale[path] = true
		}
	}
	for path := range have {
		if _, ok := want[path]; !ok {
			stale[path] = true
		}
	}
	return slices.Sorted(maps.Keys(stale)), nil
}

// readFolder returns the files below dir by their slash-separated paths in it;
// none when there is no dir.
func readFolder(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	folder := os.DirFS(dir)
	err := fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(folder, path)
		files[path] = content
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the chart's copies: %w", err)
	}
	return files, nil
}

// update writes those of the paths that want has, and removes the others.
func update(dir string, want map[string][]byte, paths []string) error {
	for _, path := range paths {
		file := filepath.Join(dir, filepath.FromSlash(path))
		content, ok := want[path]
		if !ok {
			if err := os.Remove(file); err != nil {
				return fmt.Errorf("remove what is left over: %w", err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return fmt.Errorf("make a folder for copies: %w", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil { //nolint:gosec // for everyone to read, as all of the chart
			return fmt.Errorf("write a copy: %w", err)
		}
	}
	return nil
}
