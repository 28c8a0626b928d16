package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

const (
	// sampleNamespace is the team's, operatorNamespace the operator's.
	sampleNamespace   = "rag"
	operatorNamespace = "ragmonitor-system"
	// sampleName is the name of the Service, and of the RAGMonitor in
	// config/samples.
	sampleName = "support-bot"
	// requestRate of the sample service, in requests per second.
	requestRate = 20
	// slowGeneration makes generation take ten times as long.
	slowGeneration = `{"slow":{"generation":10}}`
)

// newClient knows the kinds that the demo reads and writes.
func newClient(config *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, monitoringv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return client.New(config, client.Options{Scheme: scheme})
}

// startService starts ragsim, the sample RAG service that asks itself.
func (d *demo) startService(ctx context.Context) error {
	d.step("starting ragsim, a sample RAG service with %d requests per second", requestRate)
	addressFile := d.path("ragsim.address")
	log, err := d.running.start(ctx, "ragsim", d.binary("ragsim"),
		"--listen=127.0.0.1:0", "--rate="+strconv.Itoa(requestRate), "--address-file="+addressFile)
	if err != nil {
		return err
	}
	err = await(ctx, "ragsim's address", 50*time.Millisecond, time.Minute, func(context.Context) error {
		content, err := os.ReadFile(addressFile)
		if err != nil {
			return err
		}
		d.ragsim = "http://" + strings.TrimSpace(string(content))
		return nil
	})
	if err != nil {
		return failure{err: err, log: log}
	}
	if err := awaitHTTP(ctx, "ragsim", d.ragsim+"/healthz"); err != nil {
		return failure{err: err, log: log}
	}
	return nil
}

// createObjects tells Kubernetes of the service as if it ran in pods: the Service
// has no selector, and its target port is ragsim's on this machine.
func (d *demo) createObjects(ctx context.Context) error {
	d.step("creating namespace %s with Service %s", sampleNamespace, sampleName)
	port, err := portOf(d.ragsim)
	if err != nil {
		return err
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sampleNamespace}},
		sampleService(port),
	} {
		if err := d.client.Create(ctx, object); err != nil {
			return fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
		}
	}
	return nil
}

func sampleService(port int32) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   sampleNamespace,
			Name:        sampleName,
			Labels:      map[string]string{"app": sampleName},
			Annotations: map[string]string{loopbackAnnotation: "true"},
		},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Name: "metrics", Port: 8080, TargetPort: intstr.FromInt32(port)},
		}},
	}
}

// portOf is the port of a URL that has nothing after it.
func portOf(url string) (int32, error) {
	_, text, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		return 0, fmt.Errorf("find the port of %s: %w", url, err)
	}
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("find the port of %s: %w", url, err)
	}
	return int32(port), nil
}

func (d *demo) setFault(ctx context.Context, fault string) error {
	if err := send(ctx, http.MethodPut, d.ragsim+"/faults", fault); err != nil {
		return fmt.Errorf("inject the fault: %w", err)
	}
	return nil
}

func (d *demo) clearFault(ctx context.Context) error {
	if err := send(ctx, http.MethodDelete, d.ragsim+"/faults", ""); err != nil {
		return fmt.Errorf("clear the fault: %w", err)
	}
	return nil
}
