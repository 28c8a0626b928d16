package source

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	promconfig "github.com/prometheus/common/config"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	// maxSources bounds the sources: each costs queries in every interval.
	maxSources = 16
	maxHeaders = 16
	// mostSamples is the largest MaxSamples. It takes some 500 MiB to hold them.
	mostSamples = 1_000_000
)

// Config is the operator's configuration of metric sources.
type Config struct {
	// Sources are chosen from by name, in spec.source of a RAGMonitor. The first is
	// the default. 1 to 16, with different names.
	Sources []Endpoint `json:"sources"`
}

// Endpoint is one metric source: a server with the Prometheus query API, or the
// embedded engine. Exactly one of URL and Embedded is set.
type Endpoint struct {
	// Name is a DNS label.
	Name string `json:"name"`
	// URL of the server, http or https, with the path prefix if it has one, and
	// without user, query or fragment.
	URL string `json:"url,omitempty"`
	// CAFile holds the PEM certificates that sign the server's. Default: those of
	// the system.
	CAFile string `json:"caFile,omitempty"`
	// CertFile and KeyFile hold the operator's own certificate for the server, PEM.
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// TokenFile holds a bearer token. Default: none is sent.
	TokenFile string `json:"tokenFile,omitempty"`
	// BasicAuth is for servers that take no token.
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`
	// Headers are sent with every query: X-Scope-OrgID, say, for the tenant. They
	// are no place for secrets. At most 16.
	Headers map[string]string `json:"headers,omitempty"`
	// Timeout of one query, 1s to 5m. Default: 10s.
	Timeout Duration `json:"timeout,omitempty"`
	// MaxSamples is the largest number of samples in one answer, 1 to 1,000,000.
	// Default: 200,000.
	MaxSamples int `json:"maxSamples,omitempty"`
	// MaxClockSkew is how far the time of an answer may be from the operator's
	// clock, 1s to 24h. Default: three intervals, 1m at least.
	MaxClockSkew Duration `json:"maxClockSkew,omitempty"`
	// Embedded has the operator scrape and evaluate by itself.
	Embedded *Embedded `json:"embedded,omitempty"`
}

// BasicAuth is a user and a password. Exactly one of Username and UsernameFile is
// set. Files are read for every query.
type BasicAuth struct {
	Username     string `json:"username,omitempty"`
	UsernameFile string `json:"usernameFile,omitempty"`
	PasswordFile string `json:"passwordFile"`
}

// Embedded has no settings.
type Embedded struct{}

// Duration is written as Go does, "1m30s" for example; "" is the default.
type Duration string

// parse returns 0 for the default.
func (d Duration) parse() (time.Duration, error) {
	if d == "" {
		return 0, nil
	}
	return time.ParseDuration(string(d))
}

// Check returns everything that is wrong with the configuration: which field, its
// value unless it may be a secret, and what to write instead. It reads no file.
func (c Config) Check() error {
	at := field.NewPath("sources")
	var errs field.ErrorList
	switch n := len(c.Sources); {
	case n == 0:
		errs = append(errs, field.Required(at, "write at least one, such as {name: prometheus, url: http://prometheus.monitoring:9090}"))
	case n > maxSources:
		errs = append(errs, field.TooMany(at, n, maxSources))
	}
	embedded := 0
	seen := map[string]bool{}
	for i, s := range c.Sources {
		errs = append(errs, s.check(at.Index(i))...)
		if seen[s.Name] {
			errs = append(errs, field.Duplicate(at.Index(i).Child("name"), s.Name))
		}
		seen[s.Name] = true
		if s.Embedded != nil {
			embedded++
		}
		if embedded > 1 {
			errs = append(errs, field.Forbidden(at.Index(i).Child("embedded"), "there is one already, and they would read the same"))
		}
	}
	return errs.ToAggregate()
}

func (e Endpoint) check(at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(validation.IsDNS1123Label(e.Name)) > 0 {
		errs = append(errs, field.Invalid(at.Child("name"), e.Name, "write a DNS label such as thanos: lower-case letters, digits and dashes, at most 63"))
	}
	switch {
	case e.Embedded == nil && e.URL == "":
		return append(errs, field.Required(at.Child("url"), "write the URL of a server with the Prometheus query API, or embedded: {} for none"))
	case e.Embedded != nil:
		return append(errs, e.checkEmbedded(at)...)
	}
	if err := checkURL(e.URL, at.Child("url")); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, e.checkTLS(at)...)
	errs = append(errs, e.checkCredentials(at)...)
	errs = append(errs, checkHeaders(e.Headers, at.Child("headers"))...)
	errs = append(errs, checkDuration(e.Timeout, time.Second, 5*time.Minute, at.Child("timeout"))...)
	errs = append(errs, checkDuration(e.MaxClockSkew, time.Second, 24*time.Hour, at.Child("maxClockSkew"))...)
	if e.MaxSamples < 0 || e.MaxSamples > mostSamples {
		errs = append(errs, field.Invalid(at.Child("maxSamples"), e.MaxSamples, fmt.Sprintf("write a number from 1 to %d", mostSamples)))
	}
	return errs
}

func (e Endpoint) checkEmbedded(at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"url", e.URL != ""},
		{"caFile", e.CAFile != ""},
		{"certFile", e.CertFile != ""},
		{"keyFile", e.KeyFile != ""},
		{"tokenFile", e.TokenFile != ""},
		{"basicAuth", e.BasicAuth != nil},
		{"headers", len(e.Headers) > 0},
		{"timeout", e.Timeout != ""},
		{"maxSamples", e.MaxSamples != 0},
		{"maxClockSkew", e.MaxClockSkew != ""},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(at.Child(f.name), "leave it out beside embedded, which asks no server"))
		}
	}
	return errs
}

// checkURL does not print what may hold a secret.
func checkURL(text string, at *field.Path) *field.Error {
	const write = "write an http or https URL such as http://prometheus.monitoring:9090"
	if strings.Contains(text, "@") {
		return field.Forbidden(at, "it holds a user: give credentials by file instead, and "+write)
	}
	if strings.ContainsAny(text, "?#") {
		return field.Forbidden(at, "it holds a query or a fragment: "+write)
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return field.Invalid(at, text, write)
	}
	return nil
}

// checkTLS refuses files that would not be used: who gives them means the
// connection to be secure.
func (e Endpoint) checkTLS(at *field.Path) field.ErrorList {
	var errs field.ErrorList
	files := map[string]string{"caFile": e.CAFile, "certFile": e.CertFile, "keyFile": e.KeyFile}
	if strings.HasPrefix(strings.ToLower(e.URL), "http:") {
		for _, name := range []string{"caFile", "certFile", "keyFile"} {
			if files[name] != "" {
				errs = append(errs, field.Invalid(at.Child(name), files[name], "the URL is not https: write https, or leave the file out"))
			}
		}
	}
	if e.CertFile == "" && e.KeyFile != "" {
		errs = append(errs, field.Required(at.Child("certFile"), "write the file of the certificate that belongs to keyFile"))
	}
	if e.CertFile != "" && e.KeyFile == "" {
		errs = append(errs, field.Required(at.Child("keyFile"), "write the file of the key that belongs to certFile"))
	}
	return errs
}

func (e Endpoint) checkCredentials(at *field.Path) field.ErrorList {
	basic := e.BasicAuth
	if basic == nil {
		return nil
	}
	var errs field.ErrorList
	at = at.Child("basicAuth")
	if e.TokenFile != "" {
		errs = append(errs, field.Forbidden(at, "tokenFile is given: leave one of them out"))
	}
	if (basic.Username == "") == (basic.UsernameFile == "") {
		errs = append(errs, field.Invalid(at.Child("username"), basic.Username, "write exactly one of username and usernameFile"))
	}
	if strings.Contains(basic.Username, ":") {
		errs = append(errs, field.Forbidden(at.Child("username"), "it holds a colon, which ends a user in HTTP: write the user only, and the password into passwordFile"))
	}
	if basic.PasswordFile == "" {
		errs = append(errs, field.Required(at.Child("passwordFile"), "write the file that holds the password"))
	}
	return errs
}

// checkHeaders never prints a value: who takes headers for a place for secrets has
// put one there.
func checkHeaders(headers map[string]string, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(headers) > maxHeaders {
		errs = append(errs, field.TooMany(at, len(headers), maxHeaders))
	}
	seen := map[string]bool{}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case len(validation.IsHTTPHeaderName(name)) > 0:
			errs = append(errs, field.Invalid(at, name, "write the name of an HTTP header, such as X-Scope-OrgID"))
		case reserved(canonical):
			errs = append(errs, field.Forbidden(at.Key(name), "this header is not for tenants: write credentials with tokenFile or basicAuth, and leave the rest to the operator"))
		case seen[canonical]:
			errs = append(errs, field.Duplicate(at, name))
		case headers[name] == "" || strings.ContainsFunc(headers[name], unicode.IsControl):
			errs = append(errs, field.Forbidden(at.Key(name), "its value is empty or has control characters: write one line of text"))
		}
		seen[canonical] = true
	}
	return errs
}

// reserved says whether a header carries credentials, or is the connection's.
func reserved(canonical string) bool {
	_, reserved := promconfig.ReservedHeaders[canonical]
	return reserved || strings.HasPrefix(canonical, "Proxy-") || slices.Contains([]string{
		"Accept", "Cookie", "Cookie2", "Expect", "Idempotency-Key", "Set-Cookie", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}, canonical)
}

func checkDuration(d Duration, least, most time.Duration, at *field.Path) field.ErrorList {
	value, err := d.parse()
	if d == "" || err == nil && value >= least && value <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(at, string(d), fmt.Sprintf("write a duration from %s to %s, such as 10s", least, most))}
}
