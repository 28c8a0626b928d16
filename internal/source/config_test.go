package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

func TestReadConfig(t *testing.T) {
	got, err := source.ReadConfig(file(t, "sources.yaml", `
sources:
  - name: thanos
    url: https://thanos-query.monitoring:9090/prefix
    caFile: /ca
    certFile: /cert
    keyFile: /key
    basicAuth: {usernameFile: /user, passwordFile: /password}
    headers: {X-Scope-OrgID: team-a}
    timeout: 1m30s
    maxSamples: 1000
    maxClockSkew: 2m
  - {name: plain, url: http://prometheus:9090, tokenFile: /token}
  - name: embedded
    embedded: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := source.Config{Sources: []source.Endpoint{
		{
			Name: "thanos", URL: "https://thanos-query.monitoring:9090/prefix", CAFile: "/ca", CertFile: "/cert", KeyFile: "/key",
			BasicAuth: &source.BasicAuth{UsernameFile: "/user", PasswordFile: "/password"},
			Headers:   map[string]string{"X-Scope-OrgID": "team-a"}, Timeout: "1m30s", MaxSamples: 1000, MaxClockSkew: "2m",
		},
		{Name: "plain", URL: "http://prometheus:9090", TokenFile: "/token"},
		{Name: "embedded", Embedded: &source.Embedded{}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("configuration (-want +got):\n%s", d)
	}
}

func TestReadConfigRefusesWhatItDoesNotKnow(t *testing.T) {
	const endpoint = "write one of basicAuth, caFile, certFile, embedded, headers, keyFile, maxClockSkew, maxSamples, name, timeout, tokenFile, url"
	for name, tc := range map[string]struct{ text, want string }{
		"no sources":                {"{}", "sources: Required value: write at least one"},
		"nothing":                   {"", "sources: Required value: write at least one"},
		"an empty list":             {"sources: []", "sources: Required value"},
		"a field beside sources":    {"sources: []\nsource: {}", `unknown field "source": write one of sources`},
		"a field of a source":       {"sources: [{name: a, url: 'http://a', token: s3cret}]", `unknown field "sources[0].token": ` + endpoint},
		"a field in other letters":  {"sources: [{name: a, URL: 'http://a'}]", `unknown field "sources[0].URL": ` + endpoint},
		"a password":                {"sources: [{name: a, url: 'http://a', basicAuth: {password: s3cret}}]", `unknown field "sources[0].basicAuth.password": write one of passwordFile, username, usernameFile`},
		"a field of embedded":       {"sources: [{name: a, embedded: {age: 1h}}]", `unknown field "sources[0].embedded.age": write embedded: {}, it has no fields`},
		"two fields":                {"sources: [{nam: a, ulr: b}]", `unknown field "sources[0].ulr"`},
		"a field twice":             {"sources: [{name: a, name: b}]", `key "name" already set`},
		"no YAML":                   {"sources: [", "yaml"},
		"a number for a duration":   {"sources: [{name: a, url: 'http://a', timeout: 10}]", "sources.timeout: found number, must be a string"},
		"a list for a text":         {"sources: [{name: [a]}]", "sources.name: found array, must be a string"},
		"an object for a list":      {"sources: {name: a}", "sources: found object, must be a list"},
		"a text for a source":       {"sources: [thanos]", "sources: found string, must be an object"},
		"a text for a number":       {"sources: [{name: a, maxSamples: many}]", "sources.maxSamples: found string, must be a whole number"},
		"a text for headers":        {"sources: [{name: a, headers: b}]", "sources.headers: found string, must be an object"},
		"a list of header's values": {"sources: [{name: a, headers: {X-A: [b]}}]", "sources.headers: found array, must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, "sources.yaml", tc.text)
			_, err := source.ReadConfig(path)
			mustFail(t, err, tc.want)
			mustFail(t, err, "metric sources in "+path+": ")
			if strings.Contains(fmt.Sprint(err), "s3cret") {
				t.Errorf("error tells a secret: %v", err)
			}
		})
	}
	_, err := source.ReadConfig(t.TempDir() + "/missing")
	mustFail(t, err, "read the metric sources: ")
}

func TestConfigIsChecked(t *testing.T) {
	const url = "http://prometheus:9090"
	one := func(e source.Endpoint) []source.Endpoint {
		if e.Name == "" {
			e.Name = "a"
		}
		return []source.Endpoint{e}
	}
	header := func(name, value string) []source.Endpoint {
		return one(source.Endpoint{URL: url, Headers: map[string]string{name: value}})
	}
	many := make([]source.Endpoint, 17)
	headers := map[string]string{}
	for i := range many {
		many[i] = source.Endpoint{Name: fmt.Sprint("s", i), URL: url}
		headers[fmt.Sprint("X-", i)] = "a"
	}
	for name, tc := range map[string]struct {
		sources []source.Endpoint
		want    string
	}{
		"16 sources":                {many[:16], ""},
		"17 sources":                {many, "sources: Too many: 17: must have at most 16 items"},
		"a name twice":              {[]source.Endpoint{many[0], many[1], many[0]}, `sources[2].name: Duplicate value: "s0"`},
		"embedded twice":            {[]source.Endpoint{{Name: "a", Embedded: &source.Embedded{}}, {Name: "b", Embedded: &source.Embedded{}}}, "sources[1].embedded: Forbidden: there is one already"},
		"no name":                   {[]source.Endpoint{{URL: url}}, `sources[0].name: Invalid value: "": write a DNS label such as thanos`},
		"a name in capitals":        {one(source.Endpoint{Name: "Thanos", URL: url}), `sources[0].name: Invalid value: "Thanos": write a DNS label`},
		"a name with a dot":         {one(source.Endpoint{Name: "a.b", URL: url}), `"a.b": write a DNS label`},
		"a long name":               {one(source.Endpoint{Name: strings.Repeat("a", 64), URL: url}), "write a DNS label"},
		"neither":                   {one(source.Endpoint{}), "sources[0].url: Required value: write the URL of a server with the Prometheus query API, or embedded: {} for none"},
		"both":                      {one(source.Endpoint{URL: url, Embedded: &source.Embedded{}}), "sources[0].url: Forbidden: leave it out beside embedded"},
		"embedded with a token":     {one(source.Endpoint{TokenFile: "/t", Embedded: &source.Embedded{}}), "sources[0].tokenFile: Forbidden: leave it out beside embedded"},
		"embedded with a timeout":   {one(source.Endpoint{Timeout: "1s", Embedded: &source.Embedded{}}), "sources[0].timeout: Forbidden"},
		"a URL that is none":        {one(source.Endpoint{URL: "prometheus"}), `sources[0].url: Invalid value: "prometheus": write an http or https URL such as`},
		"a URL with a user":         {one(source.Endpoint{URL: "http://me:s3cret@a"}), "sources[0].url: Forbidden: it holds a user: give credentials by file"},
		"a URL with a query":        {one(source.Endpoint{URL: "http://a?token=s3cret"}), "sources[0].url: Forbidden: it holds a query or a fragment"},
		"a URL with a fragment":     {one(source.Endpoint{URL: "http://a#s3cret"}), "sources[0].url: Forbidden"},
		"a CA and no TLS":           {one(source.Endpoint{URL: url, CAFile: "/ca"}), `sources[0].caFile: Invalid value: "/ca": the URL is not https`},
		"a client and no TLS":       {one(source.Endpoint{URL: "HTTP://a", CertFile: "/c", KeyFile: "/k"}), `sources[0].keyFile: Invalid value: "/k": the URL is not https`},
		"a certificate and no key":  {one(source.Endpoint{URL: "https://a", CertFile: "/c"}), "sources[0].keyFile: Required value: write the file of the key that belongs to certFile"},
		"a key and no certificate":  {one(source.Endpoint{URL: "https://a", KeyFile: "/k"}), "sources[0].certFile: Required value"},
		"a token and a user":        {one(source.Endpoint{URL: url, TokenFile: "/t", BasicAuth: &source.BasicAuth{Username: "me", PasswordFile: "/p"}}), "sources[0].basicAuth: Forbidden: tokenFile is given"},
		"no user":                   {one(source.Endpoint{URL: url, BasicAuth: &source.BasicAuth{PasswordFile: "/p"}}), `sources[0].basicAuth.username: Invalid value: "": write exactly one of username and usernameFile`},
		"two users":                 {one(source.Endpoint{URL: url, BasicAuth: &source.BasicAuth{Username: "me", UsernameFile: "/u", PasswordFile: "/p"}}), "write exactly one of username and usernameFile"},
		"a user and their password": {one(source.Endpoint{URL: url, BasicAuth: &source.BasicAuth{Username: "me:s3cret", PasswordFile: "/p"}}), "sources[0].basicAuth.username: Forbidden: it holds a colon"},
		"no password":               {one(source.Endpoint{URL: url, BasicAuth: &source.BasicAuth{Username: "me"}}), "sources[0].basicAuth.passwordFile: Required value"},
		"a duration without unit":   {one(source.Endpoint{URL: url, Timeout: "10"}), `sources[0].timeout: Invalid value: "10": write a duration from 1s to 5m0s, such as 10s`},
		"a duration of words":       {one(source.Endpoint{URL: url, Timeout: "soon"}), `sources[0].timeout: Invalid value: "soon"`},
		"a duration too short":      {one(source.Endpoint{URL: url, Timeout: "999ms"}), `"999ms": write a duration from 1s`},
		"a duration too long":       {one(source.Endpoint{URL: url, Timeout: "301s"}), `"301s": write a duration from 1s`},
		"a duration below zero":     {one(source.Endpoint{URL: url, MaxClockSkew: "-1m"}), `sources[0].maxClockSkew: Invalid value: "-1m": write a duration from 1s to 24h0m0s`},
		"a bound below zero":        {one(source.Endpoint{URL: url, MaxSamples: -1}), "sources[0].maxSamples: Invalid value: -1: write a number from 1 to 1000000"},
		"a bound too high":          {one(source.Endpoint{URL: url, MaxSamples: 1_000_001}), "sources[0].maxSamples: Invalid value: 1000001"},
		"17 headers":                {one(source.Endpoint{URL: url, Headers: headers}), "sources[0].headers: Too many: 17"},
		"a tenant":                  {header("X-Scope-OrgID", "team-a|team-b"), ""},
		"a tenant in other letters": {header("thanos-tenant", "équipe"), ""},
		"a header that is none":     {header("X Scope", "a"), `sources[0].headers: Invalid value: "X Scope": write the name of an HTTP header`},
		"a header without a name":   {header("", "a"), `sources[0].headers: Invalid value: ""`},
		"a header without a value":  {header("X-A", ""), "sources[0].headers[X-A]: Forbidden: its value is empty"},
		"a header of two lines":     {header("X-A", "a\r\nAuthorization: s3cret"), "sources[0].headers[X-A]: Forbidden: its value is empty or has control characters"},
		"a header twice":            {one(source.Endpoint{URL: url, Headers: map[string]string{"x-A": "a", "x-a": "b"}}), `sources[0].headers: Duplicate value: "x-a"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := source.Config{Sources: tc.sources}.Check()
			if tc.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			mustFail(t, err, tc.want)
			if strings.Contains(fmt.Sprint(err), "s3cret") {
				t.Errorf("error tells a secret: %v", err)
			}
		})
	}
}

func TestHeadersOfOthersAreRefused(t *testing.T) {
	for _, name := range []string{
		"Authorization", "authorization", "AUTHORIZATION", "Proxy-Authorization", "proxy-connection", "Proxy-X", "Cookie", "Cookie2",
		"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Accept-Encoding", "Accept", "User-Agent", "Expect",
	} {
		t.Run(name, func(t *testing.T) {
			config := source.Config{Sources: []source.Endpoint{{Name: "a", URL: "http://a", Headers: map[string]string{name: "s3cret"}}}}
			err := config.Check()
			mustFail(t, err, fmt.Sprintf("sources[0].headers[%s]: Forbidden: this header is not for tenants: write credentials with tokenFile or basicAuth", name))
			if strings.Contains(fmt.Sprint(err), "s3cret") {
				t.Errorf("error tells a secret: %v", err)
			}
		})
	}
}

func TestSourcesAreFoundByName(t *testing.T) {
	embedded := querierFunc(nil)
	config := source.Config{Sources: []source.Endpoint{
		{Name: "thanos", URL: "http://thanos"}, {Name: "mimir", URL: "http://mimir"}, {Name: "embedded", Embedded: &source.Embedded{}},
	}}
	sources, err := source.NewSources(config, embedded, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"thanos", "mimir", "embedded"}, sources.Names()); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
	for name, want := range map[string]string{"": "thanos", "thanos": "thanos", "mimir": "mimir", "embedded": "embedded"} {
		reader, err := sources.Reader(name)
		if err != nil || reader.Name() != want {
			t.Errorf("source %q is %v, error %v", name, reader, err)
		}
	}
	_, err = sources.Reader("cortex")
	mustFail(t, err, `there is no metric source "cortex": write one of thanos, mimir, embedded, or none for the first`)
}

func TestSourcesThatCannotBeMade(t *testing.T) {
	for name, tc := range map[string]struct {
		endpoint source.Endpoint
		want     string
	}{
		"one that is wrong":              {source.Endpoint{Name: "a"}, "sources[0].url: Required value"},
		"one that this operator has not": {source.Endpoint{Name: "a", Embedded: &source.Embedded{}}, "metric source a: this operator cannot scrape by itself"},
		"one with files that are not there": {
			source.Endpoint{Name: "a", URL: "https://a", CAFile: "/not/there"}, "metric source a: read the TLS files for Prometheus",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.NewSources(source.Config{Sources: []source.Endpoint{tc.endpoint}}, nil, source.Options{})
			mustFail(t, err, tc.want)
		})
	}
}

// TestSettingsOfASourceAreUsed reads from a server through its configuration.
func TestSettingsOfASourceAreUsed(t *testing.T) {
	server := serve(t, answer(head+series(1)+","+series(2)+tail))
	for name, tc := range map[string]struct {
		endpoint source.Endpoint
		want     string
	}{
		"the number of samples": {source.Endpoint{MaxSamples: 1, MaxClockSkew: "24h"}, "more than 1 samples"},
		"the skew of clocks":    {source.Endpoint{MaxClockSkew: "23h"}, "behind: at most 23h0m0s is accepted"},
		"a file of a token":     {source.Endpoint{TokenFile: "/not/there"}, "read the token for Prometheus"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.endpoint.Name, tc.endpoint.URL = "a", server
			sources, err := source.NewSources(source.Config{Sources: []source.Endpoint{tc.endpoint}}, nil, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			reader, err := sources.Reader("")
			if err != nil {
				t.Fatal(err)
			}
			var got []model.Vector
			got, err = reader.Read(t.Context(), []string{"up"})
			mustFail(t, err, tc.want)
			if got != nil {
				t.Errorf("vectors are %v beside the error", got)
			}
		})
	}
}
