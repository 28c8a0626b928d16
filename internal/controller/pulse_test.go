package controller

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestPulse(t *testing.T) {
	request := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "rag", Name: "support-bot"}}
	for name, tc := range map[string]struct {
		happens func(p *Pulse, pass func(time.Duration))
		// stuck is in the error; "" for none.
		stuck string
	}{
		"a standby does nothing, and is well": {
			happens: func(_ *Pulse, pass func(time.Duration)) { pass(24 * time.Hour) },
		},
		"a loop that is due is not late yet": {
			happens: func(p *Pulse, pass func(time.Duration)) { p.beat("read", time.Minute); pass(time.Minute + stuck) },
		},
		"a loop that never comes back is stuck": {
			happens: func(p *Pulse, pass func(time.Duration)) {
				p.beat("read", time.Minute)
				pass(time.Minute + stuck + time.Second)
			},
			stuck: `the loop "read" should have begun its next round 10m1s ago`,
		},
		"another loop that moves does not speak for it": {
			happens: func(p *Pulse, pass func(time.Duration)) {
				p.beat("read", 0)
				pass(stuck + time.Second)
				p.beat("scrape", 0)
			},
			stuck: `the loop "read"`,
		},
		"a loop that came back is well": {
			happens: func(p *Pulse, pass func(time.Duration)) {
				p.beat("read", 0)
				pass(stuck + time.Hour)
				p.beat("read", 0)
			},
		},
		"a reconciliation that does not end is stuck": {
			happens: func(p *Pulse, pass func(time.Duration)) { p.begin("ragmonitor", request); pass(stuck + time.Second) },
			stuck:   `the controller "ragmonitor" has worked on "rag/support-bot" for 10m1s`,
		},
		"of two reconciliations of one object the one that ended does not end the other": {
			happens: func(p *Pulse, pass func(time.Duration)) {
				p.begin("ragmonitor", request)
				p.begin("ragmonitor", request)()
				pass(stuck + time.Second)
			},
			stuck: `the controller "ragmonitor"`,
		},
		"a reconciliation that ended is forgotten": {
			happens: func(p *Pulse, pass func(time.Duration)) { p.begin("ragmonitor", request)(); pass(stuck + time.Second) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := clocktesting.NewFakePassiveClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			p := NewPulse(now)
			tc.happens(p, func(d time.Duration) { now.SetTime(now.Now().Add(d)) })
			err := p.Check()
			if tc.stuck == "" && err != nil {
				t.Errorf("it is stuck: %v", err)
			}
			if tc.stuck != "" && (err == nil || !strings.Contains(err.Error(), tc.stuck)) {
				t.Errorf("error %v, want one with %q", err, tc.stuck)
			}
		})
	}
}

func TestPulseWatchesReconcilers(t *testing.T) {
	now := clocktesting.NewFakePassiveClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	p := NewPulse(now)
	var during error
	watched := p.watched("ragmonitor", reconcile.Func(func(context.Context, ctrl.Request) (ctrl.Result, error) {
		now.SetTime(now.Now().Add(stuck + time.Second))
		during = p.Check()
		return ctrl.Result{RequeueAfter: time.Minute}, nil
	}))
	result, err := watched.Reconcile(t.Context(), ctrl.Request{})
	if err != nil || result.RequeueAfter != time.Minute {
		t.Errorf("the result is %v, %v", result, err)
	}
	if during == nil {
		t.Error("it was well while a reconciliation took too long")
	}
	if err := p.Check(); err != nil {
		t.Errorf("it is stuck although the reconciliation ended: %v", err)
	}
}

func TestNoPulseIsWell(t *testing.T) {
	var p *Pulse
	p.beat("read", 0)
	p.begin("ragmonitor", ctrl.Request{})()
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}
