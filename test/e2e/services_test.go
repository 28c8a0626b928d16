//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// started is how long a pod may take, from its Deployment to being ready.
	started = 5 * time.Minute
	// glance is between two looks at the cluster.
	glance = time.Second
)

// makeNamespace makes one that admits only restricted pods, unless labels say
// otherwise, and removes it after the container of specs.
func (c *cluster) makeNamespace(ctx context.Context, name string, labels map[string]string) {
	GinkgoHelper()
	if labels == nil {
		labels = map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	Expect(client.IgnoreAlreadyExists(c.Create(ctx, namespace))).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { c.removeNamespace(ctx, name) })
}

func (c *cluster) removeNamespace(ctx context.Context, name string) {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(client.IgnoreNotFound(c.Delete(ctx, namespace))).To(Succeed())
	Eventually(func() bool {
		return apierrors.IsNotFound(c.Get(ctx, client.ObjectKeyFromObject(namespace), namespace))
	}).WithTimeout(started).WithPolling(glance).Should(BeTrue(), "namespace %s does not go", name)
}

// awaitDeployments waits until all of a namespace are available.
func (c *cluster) awaitDeployments(ctx context.Context, namespace string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var all appsv1.DeploymentList
		g.Expect(c.List(ctx, &all, client.InNamespace(namespace))).To(Succeed())
		g.Expect(all.Items).NotTo(BeEmpty())
		for _, d := range all.Items {
			g.Expect(d.Status.ObservedGeneration).To(Equal(d.Generation), "%s/%s is not observed", namespace, d.Name)
			g.Expect(d.Status.UpdatedReplicas).To(Equal(*d.Spec.Replicas), "%s/%s is not updated", namespace, d.Name)
			g.Expect(d.Status.AvailableReplicas).To(Equal(*d.Spec.Replicas), "%s/%s is not available", namespace, d.Name)
		}
	}).WithTimeout(started).WithPolling(glance).Should(Succeed())
}

// service is a simulated one of a namespace.
type service struct {
	*cluster

	namespace, name string
}

// breaks tells it what is broken from now on, as JSON.
func (s service) breaks(ctx context.Context, faults string) {
	GinkgoHelper()
	result := s.clientset.CoreV1().RESTClient().Put().
		Namespace(s.namespace).Resource("services").Name(s.name+":metrics").SubResource("proxy").Suffix("faults").
		SetHeader("Content-Type", "application/json").Body([]byte(faults)).Do(ctx)
	Expect(result.Error()).NotTo(HaveOccurred(), "tell %s/%s of %s", s.namespace, s.name, faults)
}

func (s service) heals(ctx context.Context) {
	GinkgoHelper()
	s.breaks(ctx, "{}")
}

// get asks a Service through the API server.
func (c *cluster) get(ctx context.Context, namespace, service, path string) ([]byte, error) {
	answer, err := c.clientset.CoreV1().RESTClient().Get().
		Namespace(namespace).Resource("services").Name(service).SubResource("proxy").Suffix(path).DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("get %s of %s/%s: %w", path, namespace, service, err)
	}
	return answer, nil
}
