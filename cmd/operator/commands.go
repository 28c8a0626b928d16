package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/transport"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/ragmonitor/ragmonitor-operator/internal/check"
	"github.com/ragmonitor/ragmonitor-operator/internal/uninstall"
)

// commands are what the image can do besides running the operator: the chart has no
// other image that it may rely on.
var commands = map[string]func(ctx context.Context, args []string) error{
	"check":   runCheck,
	"cleanup": runCleanup,
}

// runCommand runs the command that args begin with; false where that is none.
func runCommand(args []string) (isCommand bool, err error) {
	if len(args) == 0 {
		return false, nil
	}
	run, ok := commands[args[0]]
	if !ok {
		return false, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return true, run(ctx, args[1:])
}

// commandFlags are those that both commands have.
type commandFlags struct {
	set                   *flag.FlagSet
	namespace, deployment string
	timeout               time.Duration
	log                   zap.Options
}

func newCommandFlags(name string, timeout time.Duration) *commandFlags {
	f := &commandFlags{set: flag.NewFlagSet("operator "+name, flag.ContinueOnError)}
	f.set.StringVar(&f.namespace, "operator-namespace", os.Getenv("POD_NAMESPACE"), "Namespace of the operator. Default: the environment variable POD_NAMESPACE.")
	f.set.DurationVar(&f.timeout, "timeout", timeout, "Time that it may take.")
	f.log.BindFlags(f.set)
	config.RegisterFlags(f.set)
	return f
}

func (f *commandFlags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		return err
	}
	if f.set.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", f.set.Arg(0))
	}
	if f.namespace == "" {
		return fmt.Errorf("--operator-namespace is empty: name the namespace of the operator, such as ragmonitor-system")
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&f.log)))
	return nil
}

// runCheck is "operator check", which "helm test" runs.
func runCheck(ctx context.Context, args []string) error {
	f := newCommandFlags("check", time.Minute)
	var metricsURL string
	f.set.StringVar(&metricsURL, "metrics-url", "", "URL of the operator's metrics, by its Service. Default: they are not looked at.")
	if err := f.parse(args); err != nil {
		return err
	}
	cluster, c, err := newClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	return check.Target{
		Client: c, Namespace: f.namespace, Lease: leaseName, MetricsURL: metricsURL, Clock: clock.RealClock{},
		Authenticate: func(plain http.RoundTripper) (http.RoundTripper, error) {
			return transport.NewBearerAuthWithRefreshRoundTripper(cluster.BearerToken, cluster.BearerTokenFile, plain)
		},
	}.Run(ctx, os.Stdout)
}

// runCleanup is "operator cleanup", which the chart runs when it is uninstalled.
func runCleanup(ctx context.Context, args []string) error {
	f := newCommandFlags("cleanup", 4*time.Minute)
	f.set.StringVar(&f.deployment, "operator-deployment", os.Getenv("OPERATOR_DEPLOYMENT"), "Deployment of the operator, which must be gone. Default: the environment variable OPERATOR_DEPLOYMENT.")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.deployment == "" {
		return fmt.Errorf("--operator-deployment is empty: name the Deployment of the operator, such as ragmonitor-operator")
	}
	cluster, c, err := newClient()
	if err != nil {
		return err
	}
	leases, err := kubernetes.NewForConfig(cluster)
	if err != nil {
		return fmt.Errorf("make the client for the lease: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	u := uninstall.Uninstaller{
		Client: c,
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: f.namespace, Name: leaseName},
			Client:     leases.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: "cleanup_" + string(uuid.NewUUID())},
		},
		Namespace: f.namespace, Deployment: f.deployment,
		Clock: clock.RealClock{}, Log: ctrl.Log.WithName("cleanup"),
	}
	return u.Run(ctx)
}

func newClient() (*rest.Config, client.Client, error) {
	cluster, err := ctrl.GetConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("find the cluster: %w", err)
	}
	c, err := client.New(cluster, client.Options{Scheme: newScheme()})
	if err != nil {
		return nil, nil, fmt.Errorf("make the client: %w", err)
	}
	return cluster, c, nil
}
