//go:build linux

package node

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serve answers on the control socket of a cluster in a folder whose path alone is
// longer than that of a socket may be.
func serve(t *testing.T, s *supervisor) *Client {
	t.Helper()
	place := Place{Dir: filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 12))}
	lock, err := place.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close() //nolint:errcheck // it made the folder
	t.Chdir(place.Dir)
	listener, err := listen(t.Context(), controlFile)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: time.Second}
	go server.Serve(listener) //nolint:errcheck // it always ends with one
	t.Cleanup(func() { server.Close() })
	return NewClient(place)
}

func TestControl(t *testing.T) {
	u := script(t, "echo works; exec sleep 600")
	s := &supervisor{units: []*unit{u}, store: &imageStore{loaded: map[string]string{"a:dev": "sha256:1"}}}
	client := serve(t, s)
	if report, err := client.Status(t.Context()); err != nil || report.Ready || len(report.Components) != 1 {
		t.Errorf("report %+v, error %v before everything was started", report, err)
	}
	if err := u.await(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	s.ready = true

	status, err := client.Restart(t.Context(), "component", true)
	if err != nil || status.Starts != 2 || status.State != Running {
		t.Errorf("status %+v, error %v after a restart", status, err)
	}
	report, err := client.Status(t.Context())
	if err != nil || !report.Ready {
		t.Errorf("report %+v, error %v", report, err)
	}
	if _, err := client.Restart(t.Context(), "kubelte", false); err == nil || !strings.Contains(err.Error(), `no component is called "kubelte"`) {
		t.Errorf("error %v, want one that names what there is not", err)
	}
	loaded, err := client.Images(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a:dev": "sha256:1"}, loaded); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}

func TestStatusWithoutNode(t *testing.T) {
	if _, err := NewClient(Place{Dir: t.TempDir()}).Status(t.Context()); err == nil {
		t.Error("nobody was there to answer")
	}
}
