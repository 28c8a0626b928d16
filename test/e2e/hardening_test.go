//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// metricsPort is where the operator serves its own metrics, with TLS.
const metricsPort = 8443

// hardened: who may do what, and who takes over.
func hardened() {
	It("passes its own test", func(ctx SpecContext) {
		show("helm test", "\n"+it.helm(ctx, "test", release, "--timeout", "2m"))
	})

	It("is admitted where only restricted pods are", func(ctx SpecContext) {
		it.makeNamespace(ctx, "team-restricted", nil)
		pod := it.operatorPods(ctx)[0]
		copied := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "team-restricted", Name: "operator"}, Spec: *pod.Spec.DeepCopy()}
		copied.Spec.NodeName, copied.Spec.ServiceAccountName, copied.Spec.DeprecatedServiceAccount = "", "", ""
		Expect(it.Create(ctx, copied, client.DryRunAll)).To(Succeed())
	})

	It("shows its metrics to whom it should", func(ctx SpecContext) {
		address := it.forward(ctx, it.operatorPods(ctx)[0], metricsPort)
		Expect(answers(ctx, address, "")).To(Equal(http.StatusUnauthorized))
		Expect(answers(ctx, address, it.token(ctx, "default", "default"))).To(Equal(http.StatusForbidden))
		reader := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "e2e-metrics-reader"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: release + "-metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: stackNamespace, Name: "prometheus"}},
		}
		Expect(client.IgnoreAlreadyExists(it.Create(ctx, reader))).To(Succeed())
		Eventually(func() (int, error) { return answers(ctx, address, it.token(ctx, stackNamespace, "prometheus")) }).
			WithTimeout(judged).WithPolling(glance).Should(Equal(http.StatusOK))
	})

	It("hands over to a standby that is warm", func(ctx SpecContext) {
		it.install(ctx, "--set", "replicas=2")
		DeferCleanup(func(ctx SpecContext) { it.install(ctx) })
		it.awaitDeployments(ctx, systemNamespace)
		leader := it.leader(ctx)
		begun := time.Now()
		Expect(it.Delete(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: leader}})).To(Succeed())
		Eventually(func() string { return it.leader(ctx) }).
			WithTimeout(judged).WithPolling(glance / 10).ShouldNot(BeElementOf(leader, ""))
		tell("leader deleted until another leads", time.Since(begun))
		service{it, team, "support-bot"}.breaks(ctx, slowReranker)
		it.awaitVerdict(ctx, team, "support-bot", rerankerIsSlow)
		tell("leader deleted until a fault is named", time.Since(begun))
		service{it, team, "support-bot"}.heals(ctx)
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
	})
}

func (c *cluster) operatorPods(ctx context.Context) []corev1.Pod {
	GinkgoHelper()
	var pods corev1.PodList
	Expect(c.List(ctx, &pods, client.InNamespace(systemNamespace), client.MatchingLabels{"app.kubernetes.io/name": "ragmonitor-operator"})).To(Succeed())
	Expect(pods.Items).NotTo(BeEmpty())
	return pods.Items
}

// leader is the name of the operator's pod that holds the lease, or "".
func (c *cluster) leader(ctx context.Context) string {
	GinkgoHelper()
	var lease coordinationv1.Lease
	Expect(c.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: release}, &lease)).To(Succeed())
	for _, pod := range c.operatorPods(ctx) {
		if holder := lease.Spec.HolderIdentity; holder != nil && len(*holder) > len(pod.Name) && (*holder)[:len(pod.Name)] == pod.Name {
			return pod.Name
		}
	}
	return ""
}

// token of a service account, for a few minutes.
func (c *cluster) token(ctx context.Context, namespace, account string) string {
	GinkgoHelper()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(600))}}
	answer, err := c.clientset.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	return answer.Status.Token
}

// answers is the status code with which metrics are given, or not, to a token.
func answers(ctx context.Context, address, token string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// forward returns an address of this machine that leads to a port of a pod until the
// spec ends.
func (c *cluster) forward(ctx context.Context, pod corev1.Pod, port int) string {
	GinkgoHelper()
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	Expect(err).NotTo(HaveOccurred())
	url := c.clientset.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("portforward").URL()
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	stop, opened := make(chan struct{}), make(chan struct{})
	var said bytes.Buffer
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, stop, opened, &said, &said)
	Expect(err).NotTo(HaveOccurred())
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	DeferCleanup(func() {
		close(stop)
		Eventually(ended).Should(Receive())
	})
	Eventually(opened).WithTimeout(started).Should(BeClosed(), said.String())
	ports, err := forwarder.GetPorts()
	Expect(err).NotTo(HaveOccurred())
	return fmt.Sprintf("127.0.0.1:%d", ports[0].Local)
}
