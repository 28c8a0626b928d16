package main

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/fstest"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	fieldpath "k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// The API server's limits on the cost of rules.
const (
	costOfOneRule   = 1_000_000
	costOfAnyObject = 10_000_000
)

// server checks manifests as an API server does, without one.
type server struct {
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

func newServer(t *testing.T) server {
	t.Helper()
	var internal apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(loadSources(t).version.Schema.OpenAPIV3Schema, &internal, nil)
	if err != nil {
		t.Fatal(err)
	}
	structural, err := structuralschema.NewStructural(&internal)
	if err != nil {
		t.Fatal(err)
	}
	schema, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		t.Fatal(err)
	}
	return server{structural: structural, schema: schema, rules: cel.NewValidator(structural, true, costOfOneRule)}
}

// accept fills in the defaults of a manifest and says why it would be refused.
func (s server) accept(object map[string]any) error {
	defaulting.Default(object, s.structural)
	unknown := pruning.PruneWithOptions(object, s.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	var found []error
	for _, path := range unknown {
		found = append(found, errors.New("unknown field "+path))
	}
	for _, err := range validation.ValidateCustomResource(nil, object, s.schema) {
		found = append(found, err)
	}
	problems, _ := s.rules.Validate(context.Background(), fieldpath.NewPath(""), s.structural, object, nil, costOfAnyObject)
	for _, err := range problems {
		found = append(found, err)
	}
	return errors.Join(found...)
}

// object reads YAML with the types of numbers that rules expect.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	var out map[string]any
	if err := utiljson.Unmarshal(data, &out); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return out
}

// complete takes from the smallest manifest what an object leaves out.
func complete(t *testing.T, into map[string]any) {
	t.Helper()
	minimal := object(t, fixture.Minimal)
	into["apiVersion"], into["kind"] = "monitoring.ragmonitor.io/v1alpha1", "RAGMonitor"
	for _, part := range []string{"metadata", "spec"} {
		whole := maps.Clone(minimal[part].(map[string]any))
		if given, ok := into[part].(map[string]any); ok {
			maps.Copy(whole, given)
		}
		into[part] = whole
	}
}

// loadVocabulary reads a vocabulary as the catalogue would.
func loadVocabulary(name, text string) error {
	_, err := vocabulary.Load(fstest.MapFS{"catalogue/" + name + ".yaml": {Data: []byte(text)}})
	return err
}
