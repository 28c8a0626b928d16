package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	strictjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// ReadConfig reads a YAML file and checks it. The error names the file, and
// everything that is wrong with it.
func ReadConfig(file string) (Config, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the administrator names it
	if err != nil {
		return Config{}, fmt.Errorf("read the metric sources: %w", err)
	}
	config, err := parseConfig(data)
	if err == nil {
		err = config.Check()
	}
	if err != nil {
		return Config{}, fmt.Errorf("metric sources in %s: %w", file, err)
	}
	return config, nil
}

// parseConfig refuses fields that are not known: one that is misspelt would
// otherwise be a setting that is not made.
func parseConfig(data []byte) (Config, error) {
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return Config{}, err
	}
	var config Config
	strict, err := strictjson.UnmarshalStrict(text, &config)
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return Config{}, fmt.Errorf("%s: found %s, must be %s", mistyped.Field, mistyped.Value, kinds[mistyped.Type.Kind()])
	}
	if err != nil {
		return Config{}, err
	}
	for i, err := range strict {
		strict[i] = fmt.Errorf("%w: %s", err, known(err))
	}
	return config, errors.Join(strict...)
}

// known says what to write in place of a field that is not known. The value is not
// printed: it may be a token.
func known(err error) string {
	at, ok := errors.AsType[strictjson.FieldError](err)
	if !ok {
		return "leave it out"
	}
	within := reflect.TypeFor[Endpoint]()
	switch path := at.FieldPath(); {
	case !strings.Contains(path, "."):
		within = reflect.TypeFor[Config]()
	case strings.Contains(path, ".basicAuth."):
		within = reflect.TypeFor[BasicAuth]()
	case strings.Contains(path, ".embedded."):
		return "write embedded: {}, it has no fields"
	}
	names := make([]string, 0, within.NumField())
	for f := range within.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return "write one of " + strings.Join(names, ", ")
}

// kinds are what the fields of a configuration may be.
var kinds = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Int: "a whole number", reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object",
}
