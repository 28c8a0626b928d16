// Package apply makes the cluster hold the desired objects, with as few requests
// as can be: server-side apply of what differs, deletion of what is no longer
// wanted, and nothing at all when nothing changed.
//
// An object is ours when its controller is our owner. Others are never touched.
package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// FieldManager owns the fields of every child.
const FieldManager = "ragmonitor-operator"

// HashAnnotation holds the hash of what was last applied to an object.
const HashAnnotation = "monitoring.ragmonitor.io/applied-hash"

// Set is what should exist for one owner, and nothing else of these kinds.
type Set struct {
	// Owner is the UID of the controller of the objects. "" stands for the
	// operator itself where it has no object of its own: then ours are those
	// with its labels and no controller.
	Owner types.UID
	// Namespace holds all objects.
	Namespace string
	// Labels are those that all objects of the owner have.
	Labels map[string]string
	// Kinds are those that objects of the owner may have, wanted or not.
	Kinds []schema.GroupVersionKind
	// Objects are what should exist.
	Objects []desired.Object
}

// Result is what Sync did.
type Result struct {
	// Missing are the kinds of wanted objects that the cluster does not know.
	Missing []schema.GroupVersionKind
	// Conflicts are the wanted objects whose name somebody else's object has.
	Conflicts []string
	// Failures are the objects that could not be applied or deleted.
	Failures []error
	// Writes counts the requests that changed something, or tried to.
	Writes int
}

// Err joins the failures.
func (r Result) Err() error { return errors.Join(r.Failures...) }

// Availability says which kinds the cluster knows at the moment.
type Availability interface {
	Has(kind schema.GroupVersionKind) bool
}

// Applier applies sets of objects. It is safe for concurrent use.
type Applier struct {
	// client reads from the cache, which holds only objects with our labels.
	client client.Client
	// live reads from the API server. It is asked before an object is made,
	// because the cache does not hold what others have made.
	live      client.Reader
	available Availability
	memory    memory
}

// New returns an Applier. c must read unstructured objects from a cache.
func New(c client.Client, live client.Reader, available Availability) *Applier {
	return &Applier{client: c, live: live, available: available, memory: newMemory()}
}

// Sync applies the objects of a set and then deletes those of its owner that are
// not in it. An object that fails does not keep others from being applied, but
// it keeps all from being deleted: half a set must not remove anything.
func (a *Applier) Sync(ctx context.Context, set Set) Result {
	var result Result
	for _, object := range set.Objects {
		if !a.available.Has(object.Kind) {
			result.Missing = appendOnce(result.Missing, object.Kind)
			continue
		}
		a.syncObject(ctx, set, object, &result)
	}
	if len(result.Failures) == 0 && len(result.Conflicts) == 0 {
		a.prune(ctx, set, &result)
	}
	return result
}

func (a *Applier) syncObject(ctx context.Context, set Set, object desired.Object, result *Result) {
	want, err := render(object)
	if err != nil {
		result.Failures = append(result.Failures, err)
		return
	}
	present, err := a.find(ctx, object)
	if err != nil {
		result.fail(object, "read", err)
		return
	}
	if present != nil && !set.Owns(present) {
		result.Conflicts = append(result.Conflicts, name(object))
		return
	}
	if present != nil && a.current(present, want) {
		return
	}
	result.Writes++
	if err := a.write(ctx, want, present); err != nil {
		result.fail(object, "apply", err)
		return
	}
	// want now holds the server's answer.
	a.memory.remember(want)
}

// write applies want. Where others changed the key of an item in a list that we
// own an item of (the port of a Service, say), applying adds ours beside theirs,
// which may be invalid; then the list is replaced.
func (a *Applier) write(ctx context.Context, want, present *unstructured.Unstructured) error {
	patch, err := want.MarshalJSON()
	if err != nil {
		return err
	}
	err = a.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(want), client.FieldOwner(FieldManager), client.ForceOwnership)
	if apierrors.IsInvalid(err) && present != nil {
		return a.client.Patch(ctx, want, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
	}
	return err
}

// find returns the object in the cluster, or nil.
func (a *Applier) find(ctx context.Context, object desired.Object) (*unstructured.Unstructured, error) {
	key := client.ObjectKey{Namespace: object.Namespace, Name: object.Name}
	for _, reader := range []client.Reader{a.client, a.live} {
		found := &unstructured.Unstructured{}
		found.SetGroupVersionKind(object.Kind)
		err := reader.Get(ctx, key, found)
		if err == nil {
			return found, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return nil, nil
}

// current says whether present is what want makes of it: made from the same
// configuration, and not changed by anybody since.
func (a *Applier) current(present, want *unstructured.Unstructured) bool {
	if present.GetAnnotations()[HashAnnotation] != want.GetAnnotations()[HashAnnotation] {
		return false
	}
	return contains(present.Object, want.Object) || a.memory.left(present)
}

func (a *Applier) prune(ctx context.Context, set Set, result *Result) {
	wanted := map[string]bool{}
	for _, object := range set.Objects {
		wanted[name(object)] = true
	}
	for _, kind := range set.Kinds {
		if !a.available.Has(kind) {
			continue
		}
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := a.client.List(ctx, list, client.InNamespace(set.Namespace), client.MatchingLabels(set.Labels)); err != nil {
			result.Failures = append(result.Failures, fmt.Errorf("list %s: %w", kind.Kind, err))
			continue
		}
		for i := range list.Items {
			child := &list.Items[i]
			if set.Owns(child) && !wanted[nameOf(child)] {
				a.delete(ctx, child, result)
			}
		}
	}
}

// delete removes exactly the object that was read: a namesake made since, or a
// change made since, is left alone.
func (a *Applier) delete(ctx context.Context, child *unstructured.Unstructured, result *Result) {
	if child.GetDeletionTimestamp() != nil {
		return
	}
	uid, version := child.GetUID(), child.GetResourceVersion()
	result.Writes++
	err := a.client.Delete(ctx, child, client.Preconditions{UID: &uid, ResourceVersion: &version})
	if err != nil && !apierrors.IsNotFound(err) {
		result.Failures = append(result.Failures, fmt.Errorf("delete %s: %w", nameOf(child), err))
		return
	}
	a.memory.forget(child)
}

// Owns says whether an object of the set's namespace is one of ours.
func (s Set) Owns(object *unstructured.Unstructured) bool {
	controller := metav1.GetControllerOf(object)
	if object.GetNamespace() != s.Namespace {
		return false
	}
	if s.Owner != "" {
		return controller != nil && controller.UID == s.Owner
	}
	return controller == nil && object.GetLabels()[naming.LabelManagedBy] == naming.ManagedBy
}

// fail records an error, or that the kind went away while it was used.
func (r *Result) fail(object desired.Object, verb string, err error) {
	if meta.IsNoMatchError(err) {
		r.Missing = appendOnce(r.Missing, object.Kind)
		return
	}
	r.Failures = append(r.Failures, fmt.Errorf("%s %s: %w", verb, name(object), err))
}

func name(o desired.Object) string {
	return o.Kind.Kind + " " + o.Namespace + "/" + o.Name
}

func nameOf(u *unstructured.Unstructured) string {
	return u.GetKind() + " " + u.GetNamespace() + "/" + u.GetName()
}

func appendOnce(kinds []schema.GroupVersionKind, kind schema.GroupVersionKind) []schema.GroupVersionKind {
	if slices.Contains(kinds, kind) {
		return kinds
	}
	return append(kinds, kind)
}
