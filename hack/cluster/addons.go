//go:build linux

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"text/template"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/images"
)

// settling is how long the node and its DNS may take to be ready.
const settling = 3 * time.Minute

// fieldManager of what is applied here.
const fieldManager = "ragmonitor-cluster"

//go:embed manifests/coredns.yaml
var corednsManifest string

// coredns are the objects of the cluster's DNS, which serves at this address.
func coredns(address string) ([]*unstructured.Unstructured, error) {
	text, err := template.New("coredns").Option("missingkey=error").Parse(corednsManifest)
	if err != nil {
		return nil, fmt.Errorf("render CoreDNS: %w", err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, map[string]string{"Domain": config.Domain, "Image": images.Ref("coredns"), "Address": address}); err != nil {
		return nil, fmt.Errorf("render CoreDNS: %w", err)
	}
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(&b, 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the manifest of CoreDNS: %w", err)
		}
		objects = append(objects, object)
	}
}

// connect returns a client of the cluster.
func connect(kubeconfig string) (client.Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	config.QPS = -1
	c, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("connect to the cluster: %w", err)
	}
	return c, nil
}

func applyCoreDNS(ctx context.Context, c client.Client, address string) error {
	objects, err := coredns(address)
	if err != nil {
		return err
	}
	for _, object := range objects {
		err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(fieldManager), client.ForceOwnership)
		if err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// awaitNode returns once pods can run on the node.
func awaitNode(ctx context.Context, c client.Client) error {
	return await(ctx, "the node to be ready", func(ctx context.Context) (bool, error) {
		var node corev1.Node
		if err := c.Get(ctx, client.ObjectKey{Name: config.NodeName}, &node); err != nil {
			return false, err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, errors.New("the node is not ready")
	})
}

// awaitCoreDNS returns once the cluster's DNS answers.
func awaitCoreDNS(ctx context.Context, c client.Client) error {
	return await(ctx, "CoreDNS to be available", func(ctx context.Context) (bool, error) {
		var deployment appsv1.Deployment
		err := c.Get(ctx, client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "coredns"}, &deployment)
		if err != nil {
			return false, err
		}
		status := deployment.Status
		if status.ObservedGeneration != deployment.Generation || status.AvailableReplicas == 0 || status.UnavailableReplicas > 0 {
			return false, errors.New("no pod of CoreDNS is available")
		}
		return true, nil
	})
}

// await polls until done; what keeps it from being done is told when the time is
// over.
func await(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, settling, true, func(ctx context.Context) (bool, error) {
		ok, err := done(ctx)
		if ctx.Err() == nil {
			last = err
		}
		return ok, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w", what, errors.Join(err, last))
	}
	return nil
}
