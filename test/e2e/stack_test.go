//go:build e2e

package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

const (
	stackNamespace = "monitoring"
	sinksNamespace = "sinks"
	// sinksPassword is what Alertmanager logs in to the mail server with.
	sinksPassword = "only-for-the-suite"
)

// installStack brings up what a user has before our operator comes: the Prometheus
// Operator with its admission webhook, a Prometheus and an Alertmanager.
func (c *cluster) installStack(ctx context.Context) {
	GinkgoHelper()
	crds, err := controlplane.PinnedCRDs(ctx, c.path("hack", "tools", "prometheus-operator-v0.85"))
	Expect(err).NotTo(HaveOccurred())
	c.crds = crds
	c.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", crds)
	c.keepNamespace(ctx, stackNamespace)
	certificate := c.makeCertificate(ctx, stackNamespace, "prometheus-operator-admission", "prometheus-operator-admission."+stackNamespace+".svc")
	c.apply(ctx, "", "stack", "prometheus-operator.yaml")
	c.awaitDeployments(ctx, stackNamespace)
	c.admitRules(ctx, certificate)
	c.apply(ctx, "", "stack", "prometheus.yaml")
	c.apply(ctx, "", "stack", "alertmanager.yaml")
}

// installSinks brings up what takes messages.
func (c *cluster) installSinks(ctx context.Context) {
	GinkgoHelper()
	c.keepNamespace(ctx, sinksNamespace)
	c.mailCertificate = c.makeCertificate(ctx, sinksNamespace, "sinks-tls", "sinks."+sinksNamespace+".svc")
	c.putSecret(ctx, sinksNamespace, "sinks-login", map[string][]byte{"password": []byte(sinksPassword)})
	c.apply(ctx, "", "stack", "sinks.yaml")
	c.awaitDeployments(ctx, sinksNamespace)
}

// prepareSystem makes the operator's namespace, which admits a node-exporter.
func (c *cluster) prepareSystem(ctx context.Context) {
	GinkgoHelper()
	c.keepNamespace(ctx, systemNamespace)
	c.kubectl(ctx, "label", "--overwrite", "namespace", systemNamespace, "pod-security.kubernetes.io/enforce=privileged")
}

// keepNamespace makes one that stays: the next run finds the stack as it is.
func (c *cluster) keepNamespace(ctx context.Context, name string) {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(client.IgnoreAlreadyExists(c.Create(ctx, namespace))).To(Succeed())
}

// awaitStack waits until the Prometheus Operator says that both servers run.
func (c *cluster) awaitStack(ctx context.Context) {
	GinkgoHelper()
	key := client.ObjectKey{Namespace: stackNamespace, Name: "main"}
	Eventually(func(g Gomega) {
		var prometheus monitoringv1.Prometheus
		g.Expect(c.Get(ctx, key, &prometheus)).To(Succeed())
		g.Expect(troubles(prometheus.Status.Conditions)).To(BeEmpty())
		var alertmanager monitoringv1.Alertmanager
		g.Expect(c.Get(ctx, key, &alertmanager)).To(Succeed())
		g.Expect(troubles(alertmanager.Status.Conditions)).To(BeEmpty())
	}).WithTimeout(started).WithPolling(glance).Should(Succeed())
}

// troubles are the conditions that are not true, and a word where there is none yet.
func troubles(conditions []monitoringv1.Condition) []string {
	if len(conditions) == 0 {
		return []string{"there are no conditions"}
	}
	var out []string
	for _, condition := range conditions {
		if condition.Status != monitoringv1.ConditionTrue {
			out = append(out, string(condition.Type)+": "+condition.Reason+" "+condition.Message)
		}
	}
	return out
}

// admitRules has the API server ask the Prometheus Operator about rules, as its chart
// sets it up.
func (c *cluster) admitRules(ctx context.Context, authority []byte) {
	GinkgoHelper()
	webhook := func(name, resource, version, path string) admissionregistrationv1.ValidatingWebhook {
		return admissionregistrationv1.ValidatingWebhook{
			Name:                    name,
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			FailurePolicy:           new(admissionregistrationv1.Fail),
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				CABundle: authority,
				Service:  &admissionregistrationv1.ServiceReference{Namespace: stackNamespace, Name: "prometheus-operator-admission", Path: &path},
			},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"monitoring.coreos.com"}, APIVersions: []string{version}, Resources: []string{resource}},
			}},
		}
	}
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-operator-admission"}}
	_, err := controllerutil.CreateOrUpdate(ctx, c, configuration, func() error {
		configuration.Webhooks = []admissionregistrationv1.ValidatingWebhook{
			webhook("prometheusrules.monitoring.coreos.com", "prometheusrules", "v1", "/admission-prometheusrules/validate"),
			webhook("alertmanagerconfigs.monitoring.coreos.com", "alertmanagerconfigs", "v1alpha1", "/admission-alertmanagerconfigs/validate"),
		}
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
}

// makeCertificate puts a self-signed certificate for a host into a Secret, unless it is
// there, and returns it in PEM form.
func (c *cluster) makeCertificate(ctx context.Context, namespace, name, host string) []byte {
	GinkgoHelper()
	var secret corev1.Secret
	if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &secret); err == nil {
		return secret.Data[corev1.TLSCertKey]
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	c.putSecret(ctx, namespace, name, map[string][]byte{
		corev1.TLSCertKey:       certificate,
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	})
	return certificate
}

func (c *cluster) putSecret(ctx context.Context, namespace, name string, data map[string][]byte) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	_, err := controllerutil.CreateOrUpdate(ctx, c, secret, func() error {
		secret.Data = data
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
}
