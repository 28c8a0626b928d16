package inventory

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestStore: what a reflector does to a store, and who is told.
func TestStore(t *testing.T) {
	type named = store[*corev1.Service, string]
	service := func(name, label string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"label": label}}}
	}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "", errors.New("no"))
	fails := func(err error) func(*named) error {
		return func(s *named) error { s.fail(err); return nil }
	}
	replace := func(objects ...any) func(*named) error {
		return func(s *named) error { return s.Replace(objects, "") }
	}
	both := replace(service("a", "1"), service("b", "2"))
	for name, tc := range map[string]struct {
		do []func(*named) error
		// want is nil where nothing is known.
		want   []string
		failed bool
		told   int
	}{
		"at first nothing is known":                  {},
		"an empty list is known":                     {do: []func(*named) error{replace()}, want: []string{}, told: 1},
		"a list is in the order of names":            {do: []func(*named) error{replace(service("b", "2"), service("a", "1"))}, want: []string{"1", "2"}, told: 1},
		"the same list again is not told":            {do: []func(*named) error{both, both}, want: []string{"1", "2"}, told: 1},
		"a list replaces all":                        {do: []func(*named) error{both, replace(service("c", "3"))}, want: []string{"3"}, told: 2},
		"what comes is added":                        {do: []func(*named) error{both, func(s *named) error { return s.Add(service("c", "3")) }}, want: []string{"1", "2", "3"}, told: 2},
		"what changes is told":                       {do: []func(*named) error{both, func(s *named) error { return s.Update(service("a", "4")) }}, want: []string{"4", "2"}, told: 2},
		"what does not change is not":                {do: []func(*named) error{both, func(s *named) error { return s.Update(service("a", "1")) }}, want: []string{"1", "2"}, told: 1},
		"what goes is forgotten":                     {do: []func(*named) error{both, func(s *named) error { return s.Delete(service("a", "9")) }}, want: []string{"2"}, told: 2},
		"what is transformed already is taken as is": {do: []func(*named) error{replace(kept[string]{"a", "7"})}, want: []string{"7"}, told: 1},
		"a failure keeps what was known":             {do: []func(*named) error{both, fails(errors.New("broken"))}, want: []string{"1", "2"}, failed: true, told: 2},
		"the same failure is told once":              {do: []func(*named) error{both, fails(errors.New("a")), fails(errors.New("b"))}, want: []string{"1", "2"}, failed: true, told: 2},
		"what must not be read is forgotten":         {do: []func(*named) error{both, fails(forbidden)}, failed: true, told: 2},
		"a right that ends after a failure is told":  {do: []func(*named) error{both, fails(errors.New("a")), fails(forbidden), fails(forbidden)}, failed: true, told: 3},
		"a list ends a failure":                      {do: []func(*named) error{both, fails(errors.New("a")), both}, want: []string{"1", "2"}, told: 3},
		"a list ends a missing right":                {do: []func(*named) error{fails(forbidden), both}, want: []string{"1", "2"}, told: 2},
	} {
		t.Run(name, func(t *testing.T) {
			told := 0
			s := newStore(func(o *corev1.Service) string { return o.Labels["label"] }, func() { told++ })
			for _, do := range tc.do {
				if err := do(s); err != nil {
					t.Fatal(err)
				}
				s.list() // a list that was read before must not be read again
			}
			got, known := s.list()
			if known != (tc.want != nil) {
				t.Errorf("known is %v", known)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if (s.err() != nil) != tc.failed || told != tc.told {
				t.Errorf("failed with %v, told %d times; want %v, %d times", s.err(), told, tc.failed, tc.told)
			}
		})
	}
}

func TestStoreTakesOnlyItsKind(t *testing.T) {
	s := newStore(func(o *corev1.Service) string { return o.Name }, func() {})
	pod := &corev1.Pod{}
	for name, err := range map[string]error{
		"add": s.Add(pod), "update": s.Update(pod), "delete": s.Delete(pod), "replace": s.Replace([]any{pod}, ""),
	} {
		if err == nil {
			t.Errorf("%s takes a pod for a Service", name)
		}
	}
}
