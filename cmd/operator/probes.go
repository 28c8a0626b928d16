package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
)

// cacheTimeout and serverTimeout bound the two checks of a readiness probe; together
// they stay within the five seconds that the chart gives it.
const (
	cacheTimeout  = time.Second
	serverTimeout = 3 * time.Second
)

// addProbes serves /healthz and /readyz. The former is about this process only: what is
// wrong with the API server, or with a source, is not mended by a restart.
func addProbes(mgr ctrl.Manager, pulse *controller.Pulse) error {
	server, err := discovery.NewDiscoveryClientForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("make the client for the readiness check: %w", err)
	}
	checks := []struct {
		add   func(string, healthz.Checker) error
		name  string
		check healthz.Checker
	}{
		{mgr.AddHealthzCheck, "pulse", func(*http.Request) error { return pulse.Check() }},
		{mgr.AddReadyzCheck, "caches", cachesSynced(mgr.GetCache())},
		{mgr.AddReadyzCheck, "api-server", serverAnswers(server)},
	}
	for _, c := range checks {
		if err := c.add(c.name, c.check); err != nil {
			return fmt.Errorf("add the check %s: %w", c.name, err)
		}
	}
	return nil
}

// syncer is the part of a cache that readiness is about.
type syncer interface {
	WaitForCacheSync(ctx context.Context) bool
}

// cachesSynced holds in a standby too, whose caches are as warm as the leader's.
func cachesSynced(caches syncer) healthz.Checker {
	return func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), cacheTimeout)
		defer cancel()
		if !caches.WaitForCacheSync(ctx) {
			return errors.New("not every kind that is watched was listed yet")
		}
		return nil
	}
}

// serverAnswers asks for the version, which everybody with an account may read. Where
// that right was taken away, a refusal is an answer too.
func serverAnswers(server discovery.DiscoveryInterface) healthz.Checker {
	return func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), serverTimeout)
		defer cancel()
		err := server.RESTClient().Get().AbsPath("/version").Do(ctx).Error()
		if err != nil && !apierrors.IsForbidden(err) {
			return fmt.Errorf("ask the API server: %w", err)
		}
		return nil
	}
}
