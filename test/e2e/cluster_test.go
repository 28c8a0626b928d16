//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// cluster is the one that KUBECONFIG names.
type cluster struct {
	client.Client

	config     *rest.Config
	clientset  *kubernetes.Clientset
	kubeconfig string
	// repository is the folder that bin/ and charts/ are in.
	repository string
	// crds is the folder of the Prometheus Operator's kinds.
	crds string
	// mailCertificate is what the mail server proves itself with, in PEM form.
	mailCertificate []byte
}

func connect() *cluster {
	GinkgoHelper()
	kubeconfig := os.Getenv("KUBECONFIG")
	Expect(kubeconfig).NotTo(BeEmpty(), "set KUBECONFIG, or run the suite by: make test-e2e")
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	Expect(err).NotTo(HaveOccurred())
	config.QPS = -1
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, monitoringv1.AddToScheme, monitoringv1alpha1.AddToScheme, v1alpha1.AddToScheme,
	} {
		Expect(add(scheme)).To(Succeed())
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	clientset, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	repository, err := filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	return &cluster{Client: c, config: config, clientset: clientset, kubeconfig: kubeconfig, repository: repository}
}

func (c *cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.repository}, parts...)...)
}

// run returns what a command of bin/ prints, and fails the spec with what it says.
func (c *cluster) run(ctx context.Context, name string, arguments ...string) string {
	GinkgoHelper()
	output, err := c.try(ctx, name, arguments...)
	Expect(err).NotTo(HaveOccurred())
	return output
}

func (c *cluster) try(ctx context.Context, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, c.path("bin", name), arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(arguments, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

func (c *cluster) kubectl(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	return c.run(ctx, "kubectl", arguments...)
}

// apply sends a file of test/e2e, to a namespace unless the file names its own.
func (c *cluster) apply(ctx context.Context, namespace string, file ...string) {
	GinkgoHelper()
	arguments := []string{"apply", "--server-side", "--field-manager=e2e", "-f", c.path(append([]string{"test", "e2e"}, file...)...)}
	if namespace != "" {
		arguments = append(arguments, "--namespace", namespace)
	}
	c.kubectl(ctx, arguments...)
}

// applyAs is apply of a RAGMonitor under another name.
func (c *cluster) applyAs(ctx context.Context, namespace, name string, file ...string) {
	GinkgoHelper()
	text, err := os.ReadFile(c.path(append([]string{"test", "e2e"}, file...)...))
	Expect(err).NotTo(HaveOccurred())
	var monitor v1alpha1.RAGMonitor
	Expect(yaml.UnmarshalStrict(text, &monitor)).To(Succeed())
	monitor.Namespace, monitor.Name = namespace, name
	Expect(c.Create(ctx, &monitor)).To(Succeed())
}

// helm works in the namespace of the operator.
func (c *cluster) helm(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	return c.run(ctx, "helm", append(arguments, "--namespace", systemNamespace)...)
}
