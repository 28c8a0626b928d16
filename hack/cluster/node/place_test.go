//go:build linux

package node

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/address"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

func TestPlacesHaveTheirOwnIdentity(t *testing.T) {
	one, other := Place{Dir: "/a/.cluster"}, Place{Dir: "/b/.cluster"}
	if one.ID() == other.ID() || one.ID() != (Place{Dir: "/a/.cluster"}).ID() {
		t.Errorf("identities %s and %s", one.ID(), other.ID())
	}
	if len(linkName(one.ID())) > 15 {
		t.Errorf("the kernel refuses the name %s", linkName(one.ID()))
	}
}

func TestOneCommandAtATime(t *testing.T) {
	place := Place{Dir: filepath.Join(t.TempDir(), "cluster")}
	first, err := place.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if second, err := place.Lock(brief); err == nil {
		second.Close() //nolint:errcheck // it should not be there
		t.Error("locked twice")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := place.Lock(t.Context())
	if err != nil {
		t.Fatalf("not locked after the first let go: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestKeeperIsKnownByItsLock(t *testing.T) {
	place := Place{Dir: t.TempDir()}
	if pid, err := place.Keeper(); pid != 0 || err != nil {
		t.Errorf("pid %d, error %v in an empty folder", pid, err)
	}
	lock, err := place.lock(keeperFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := writePID(lock, 4711); err != nil {
		t.Fatal(err)
	}
	if pid, err := place.Keeper(); pid != 4711 || err != nil {
		t.Errorf("pid %d, error %v, want 4711", pid, err)
	}
	if _, err := place.lock(keeperFile); !errors.Is(err, ErrLocked) {
		t.Errorf("error %v, want %v", err, ErrLocked)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	// The number stays in the file, and may belong to any other process by now.
	if pid, err := place.Keeper(); pid != 0 || err != nil {
		t.Errorf("pid %d, error %v after the keeper has ended", pid, err)
	}
}

func TestPrepareAndEnd(t *testing.T) {
	place := Place{Dir: t.TempDir()}
	plan, err := address.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	settings := config.Settings{Addresses: plan, Snapshotter: "overlayfs"}
	if err := place.Prepare(settings, time.Now()); err != nil {
		t.Fatal(err)
	}
	got, err := place.Settings()
	if err != nil {
		t.Fatal(err)
	}
	same := []cmp.Option{
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	}
	if diff := cmp.Diff(settings, got, same...); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	for path, want := range map[string]os.FileMode{"kubeconfig": 0o600, "pki/ca.key": 0o600, "etc/kubelet.yaml": 0o644, "var/lib/kubelet": 0o755 | os.ModeDir} {
		if info, err := os.Stat(place.path(path)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, want mode %s", path, err, want)
		}
	}
	if err := os.WriteFile(place.Log("etcd"), []byte("a line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := place.End(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(place.path("*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{place.path("logs")}, left); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
}
