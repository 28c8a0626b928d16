package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
)

// render turns a desired object into what is sent: its own copy, since the answer
// of the server is written into it, with the hash of the configuration.
func render(object desired.Object) (*unstructured.Unstructured, error) {
	data, err := json.Marshal(object.Config)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", name(object), err)
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name(object), err)
	}
	sum := sha256.Sum256(data)
	annotations := out.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[HashAnnotation] = hex.EncodeToString(sum[:8])
	out.SetAnnotations(annotations)
	return out, nil
}

// contains says whether present holds everything that want says. What present has
// besides was defaulted by the API server, or belongs to others.
func contains(present, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := present.(map[string]any)
		for key, value := range want {
			if !ok || !contains(object[key], value) {
				return false
			}
		}
		return ok
	case []any:
		list, ok := present.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !contains(list[i], want[i]) {
				return false
			}
		}
		return true
	default:
		return present == want
	}
}
