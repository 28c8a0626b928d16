//go:build linux

package node

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"strings"
	"sync"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// imageStore gives images to containerd, and remembers which.
type imageStore struct {
	mu     sync.Mutex
	loaded map[string]string
}

// list is the identities of the images by their name.
func (s *imageStore) list() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.loaded)
}

// load imports an archive as `docker save` writes them.
func (s *imageStore) load(ctx context.Context, archive io.Reader, ref, id string) error {
	cmd := exec.CommandContext(ctx, config.Bin+"/ctr", "--namespace=k8s.io", "images", "import", "-") //nolint:gosec // a constant
	cmd.Stdin = archive
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("import %s: %w: %s", ref, err, strings.TrimSpace(string(out)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded == nil {
		s.loaded = map[string]string{}
	}
	s.loaded[ref] = id
	return nil
}
