package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
)

// startControllers starts kube-controller-manager and returns when it works.
func (p *Plane) startControllers(ctx context.Context) error {
	kubeconfig := p.path("controller-manager.kubeconfig")
	if err := p.WriteKubeconfig(kubeconfig); err != nil {
		return err
	}
	ca := p.path("ca.crt")
	if err := os.WriteFile(ca, p.admin.Config().CAData, 0o600); err != nil {
		return fmt.Errorf("write the API server's CA: %w", err)
	}
	controllers, err := process.Start(context.WithoutCancel(ctx), process.Command{
		Name: "kube-controller-manager",
		Path: p.bins.controllerManager,
		Args: []string{
			"--kubeconfig=" + kubeconfig,
			"--leader-elect=false",
			"--use-service-account-credentials",
			"--service-account-private-key-file=" + filepath.Join(p.servers.APIServer.CertDir, "sa-signer.key"),
			"--root-ca-file=" + ca,
			"--secure-port=0", // nobody asks it anything, so it needs no port
		},
		Output: p.output,
	})
	if err != nil {
		return err
	}
	p.controllers = controllers
	p.pids[controllers.Name()] = controllers.PID()
	return p.awaitControllers(ctx)
}

// awaitControllers waits for what only a working controller manager makes.
func (p *Plane) awaitControllers(ctx context.Context) error {
	clients, err := kubernetes.NewForConfig(p.Config())
	if err != nil {
		return fmt.Errorf("wait for kube-controller-manager: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		if err := p.Check(); err != nil {
			return false, err
		}
		_, err := clients.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("wait for kube-controller-manager: %w; the end of the output:\n%s", err, p.output.Tail())
	}
	return nil
}
