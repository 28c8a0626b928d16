package install

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// testStandby runs two pods of the operator. Both are ready, one of them works; the
// other has seen all that there is to do, and does it as soon as the first ends.
func testStandby(t *testing.T, s *server) {
	t.Helper()
	reader := account(t, s, "standby-reader")
	bindReader(t, s, reader)
	bearer := token(t, s, reader)
	leads := func(p *process) func(context.Context) error {
		return wantSample(t, p, bearer, "leader_election_master_status", `name="ragmonitor-operator"`, 1)
	}
	const done = `controller="ragmonitor",result="success"`
	s.apply(t, example(t, readFile(t, chartPath+"/README.md"), "(?s)```yaml\n(.*?)```"))

	first := s.startPod(t)
	eventually(t, "the first leads", leads(first))
	standby := s.startPod(t)
	for _, p := range []*process{first, standby} {
		waitForCode(t, "http://"+p.probes+"/readyz", "", http.StatusOK)
		waitForCode(t, "http://"+p.probes+"/healthz", "", http.StatusOK)
	}
	eventually(t, "the standby has seen what there is to do", func(ctx context.Context) error {
		seen, err := standby.sample(ctx, t, bearer, "workqueue_adds_total", `controller="ragmonitor"`)
		if err == nil && seen == 0 {
			err = fmt.Errorf("its queue is empty")
		}
		return err
	})
	if worked, err := standby.sample(t.Context(), t, bearer, "controller_runtime_reconcile_total", done); err != nil || worked > 0 {
		t.Errorf("the standby has worked on %g RAGMonitors: %v", worked, err)
	}

	leader, began := holder(t, s), time.Now()
	first.stop(t)
	if holder(t, s) == leader {
		t.Error("the leader has ended and still holds the lease: the standby waits until it runs out")
	}
	eventually(t, "the standby leads", leads(standby))
	eventually(t, "the standby works", func(ctx context.Context) error {
		worked, err := standby.sample(ctx, t, bearer, "controller_runtime_reconcile_total", done)
		if err == nil && worked == 0 {
			err = fmt.Errorf("it has done nothing")
		}
		return err
	})
	t.Logf("the standby worked %s after the leader was told to end", time.Since(began).Round(100*time.Millisecond))
	standby.stop(t)
	if last := holder(t, s); last != "" {
		t.Errorf("%s still holds the lease", last)
	}
}

func wantSample(t *testing.T, p *process, bearer, name, label string, want float64) func(context.Context) error {
	t.Helper()
	return func(ctx context.Context) error {
		got, err := p.sample(ctx, t, bearer, name, label)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %g, want %g", name, got, want)
		}
		return err
	}
}

// holder is who holds the lease; "" for nobody.
func holder(t *testing.T, s *server) string {
	t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: operatorName}}
	if err := s.Get(t.Context(), client.ObjectKeyFromObject(lease), lease); err != nil {
		t.Fatal(err)
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}
