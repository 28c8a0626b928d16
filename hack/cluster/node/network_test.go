//go:build linux

package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDestinations(t *testing.T) {
	got, err := destinations([]byte(`[
		{"dst":"default","gateway":"192.0.2.1","dev":"eth0"},
		{"dst":"192.0.2.0/24","dev":"eth0"},
		{"type":"local","dst":"192.0.2.2","dev":"eth0","table":"local"}]`))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, prefix := range got {
		texts = append(texts, prefix.String())
	}
	if diff := cmp.Diff([]string{"192.0.2.0/24", "192.0.2.2/32"}, texts); diff != "" {
		t.Errorf("networks (-want +got):\n%s", diff)
	}
	if _, err := destinations([]byte(`[{"dst":"somewhere"}]`)); err == nil {
		t.Error("an address that is none was accepted")
	}
}
