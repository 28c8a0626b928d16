package source

import (
	"errors"
	"fmt"
	"strings"
)

// Sources are the Readers of a configuration.
type Sources struct {
	readers []*Reader
}

// NewSources checks the configuration and returns a Reader for each source. embedded
// is asked behind the source that is embedded; nil is an error when there is one.
// No server is contacted.
func NewSources(config Config, embedded Querier, options Options) (*Sources, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	out := &Sources{}
	for _, e := range config.Sources {
		reader, err := e.reader(embedded, options)
		if err != nil {
			return nil, fmt.Errorf("metric source %s: %w", e.Name, err)
		}
		out.readers = append(out.readers, reader)
	}
	return out, nil
}

func (e Endpoint) reader(embedded Querier, options Options) (*Reader, error) {
	if e.Embedded != nil {
		if embedded == nil {
			return nil, errors.New("this operator cannot scrape by itself")
		}
		return NewReader(e.Name, embedded, options), nil
	}
	config, err := e.prometheus()
	if err != nil {
		return nil, err
	}
	server, err := NewPrometheus(config)
	if err != nil {
		return nil, err
	}
	if e.MaxClockSkew != "" {
		if options.MaxClockSkew, err = e.MaxClockSkew.parse(); err != nil {
			return nil, err
		}
	}
	return NewReader(e.Name, server, options), nil
}

func (e Endpoint) prometheus() (PrometheusConfig, error) {
	timeout, err := e.Timeout.parse()
	if err != nil {
		return PrometheusConfig{}, err
	}
	return PrometheusConfig{
		URL: e.URL, CAFile: e.CAFile, CertFile: e.CertFile, KeyFile: e.KeyFile, TokenFile: e.TokenFile,
		BasicAuth: e.BasicAuth, Headers: e.Headers, Timeout: timeout, MaxSamples: e.MaxSamples,
	}, nil
}

// Reader returns the Reader with that name, and the default for "". The error names
// those that there are.
func (s *Sources) Reader(name string) (*Reader, error) {
	for _, r := range s.readers {
		if name == "" || r.name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("there is no metric source %q: write one of %s, or none for the first", name, strings.Join(s.Names(), ", "))
}

// Names returns all names in the order of the configuration: the first is the
// default.
func (s *Sources) Names() []string {
	names := make([]string, 0, len(s.readers))
	for _, r := range s.readers {
		names = append(names, r.name)
	}
	return names
}
