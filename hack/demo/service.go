package main

import (
	"context"
	"fmt"
	"net"
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
	// support-bot.yaml.
	sampleName = "support-bot"
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

// createObjects tells Kubernetes of the service as if it ran in a pod.
func (d *demo) createObjects(ctx context.Context) error {
	d.step("creating namespace %s with Service and Pod %s", sampleNamespace, sampleName)
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sampleNamespace}},
		sampleService(d.ports),
	} {
		if err := d.client.Create(ctx, object); err != nil {
			return fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
		}
	}
	return d.runPod(ctx, samplePod(d.ports))
}

// sampleService points to ragsim's ports by number: what is translated for
// Prometheus knows no pods, see translate.go.
func sampleService(ports []port) *corev1.Service {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   sampleNamespace,
			Name:        sampleName,
			Labels:      sampleLabels(),
			Annotations: map[string]string{loopbackAnnotation: "true"},
		},
		Spec: corev1.ServiceSpec{Selector: sampleLabels()},
	}
	for i, p := range ports {
		service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{
			Name: p.name, Port: int32(8080 + i), TargetPort: intstr.FromInt32(p.number),
		})
	}
	return service
}

func sampleLabels() map[string]string { return map[string]string{"app": sampleName} }

// samplePod is what a Deployment would have made. It has no node: there is none,
// and pods on a node that is gone are deleted.
func samplePod(ports []port) *corev1.Pod {
	container := corev1.Container{Name: "ragsim", Image: "ragsim"}
	for _, p := range ports {
		container.Ports = append(container.Ports, corev1.ContainerPort{Name: p.name, ContainerPort: p.number})
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: sampleNamespace, Name: sampleName + "-0", Labels: sampleLabels()},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{container}},
	}
}

// runPod plays the Deployment, which makes the pod, and the kubelet, which says that
// it runs and where.
func (d *demo) runPod(ctx context.Context, pod *corev1.Pod) error {
	// A namespace has no service account in its first moments, and until then no
	// pods either.
	err := await(ctx, "the pod", 100*time.Millisecond, time.Minute, func(ctx context.Context) error {
		return d.client.Create(ctx, pod)
	})
	if err != nil {
		return err
	}
	now := metav1.Now()
	pod.Status.Phase = corev1.PodRunning
	pod.Status.StartTime = &now
	pod.Status.PodIP = "127.0.0.1"
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	for _, c := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		})
	}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: now}}
	if err := d.client.Status().Update(ctx, pod); err != nil {
		return fmt.Errorf("say that pod %s runs: %w", pod.Name, err)
	}
	return nil
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
