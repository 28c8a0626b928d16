//go:build linux

package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// Prepare writes the files that a new node needs. The folder must be clear.
func (p Place) Prepare(s config.Settings, now time.Time) error {
	if err := os.RemoveAll(p.path(logFolder)); err != nil {
		return fmt.Errorf("remove old logs: %w", err)
	}
	for _, folder := range config.Folders() {
		if err := os.MkdirAll(p.path(folder), 0o755); err != nil { //nolint:gosec // as on a node
			return fmt.Errorf("make the cluster's folder: %w", err)
		}
	}
	if err := os.Chmod(p.path("tmp"), 0o777|fs.ModeSticky); err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	files, err := config.Files(s)
	if err != nil {
		return err
	}
	secrets, err := config.Credentials(s, now)
	if err != nil {
		return err
	}
	if files[settingsFile], err = json.MarshalIndent(s, "", "  "); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return errors.Join(p.writeAll(files, 0o644), p.writeAll(secrets, 0o600))
}

func (p Place) writeAll(files map[string][]byte, mode fs.FileMode) error {
	for name, content := range files {
		path := p.path(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // secrets have modes of their own
			return fmt.Errorf("write the cluster's files: %w", err)
		}
		if err := os.WriteFile(path, content, mode); err != nil {
			return fmt.Errorf("write the cluster's files: %w", err)
		}
	}
	return nil
}

// Settings are those that Prepare wrote.
func (p Place) Settings() (config.Settings, error) {
	var s config.Settings
	content, err := os.ReadFile(p.path(settingsFile))
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	return s, nil
}
