package source_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

func TestHeadersAreSent(t *testing.T) {
	var got []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("X-Scope-OrgID"), r.Header.Get("X-Team"), r.Header.Get("Authorization"), r.Header.Get("Accept"))
		answer(one)(w, r)
	})
	_, err := query(t, source.PrometheusConfig{URL: server, Headers: map[string]string{"X-Scope-OrgID": "a|b", "x-team": "search"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a|b", "search", "", "application/json"}, got); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
}

func TestBasicAuthIsReadForEveryQuery(t *testing.T) {
	var seen []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		seen = append(seen, user+" "+password)
		answer(one)(w, r)
	})
	user, password := file(t, "user", "me\n"), file(t, "password", "p:1\n")
	p := newSource(t, source.PrometheusConfig{URL: server, BasicAuth: &source.BasicAuth{UsernameFile: user, PasswordFile: password}})
	if _, err := p.Query(t.Context(), "up"); err != nil {
		t.Fatal(err)
	}
	rewrite(t, user, "you")
	rewrite(t, password, "p:2")
	if _, err := p.Query(t.Context(), "up"); err != nil {
		t.Fatal(err)
	}
	basic := &source.BasicAuth{Username: "them", PasswordFile: password}
	if _, err := query(t, source.PrometheusConfig{URL: server, BasicAuth: basic}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"me p:1", "you p:2", "them p:2"}, seen); d != "" {
		t.Errorf("users and passwords (-want +got):\n%s", d)
	}
}

// TestNothingIsSentWithoutCredentials: a query without them could be answered as
// that of another tenant.
func TestNothingIsSentWithoutCredentials(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	full, empty, missing := file(t, "full", "s"), file(t, "empty", " \n"), t.TempDir()+"/missing"
	for name, tc := range map[string]struct {
		config source.PrometheusConfig
		want   string
	}{
		"no token":          {source.PrometheusConfig{TokenFile: missing}, "read the token for Prometheus: "},
		"an empty token":    {source.PrometheusConfig{TokenFile: empty}, "empty is empty"},
		"two lines":         {source.PrometheusConfig{TokenFile: file(t, "two", "s-1\ns-2")}, "invalid header field value"},
		"no user":           {source.PrometheusConfig{BasicAuth: &source.BasicAuth{UsernameFile: missing, PasswordFile: full}}, "read the user for Prometheus: "},
		"no password":       {source.PrometheusConfig{BasicAuth: &source.BasicAuth{Username: "me", PasswordFile: missing}}, "read the password for Prometheus: "},
		"an empty password": {source.PrometheusConfig{BasicAuth: &source.BasicAuth{Username: "me", PasswordFile: empty}}, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.config.URL = server
			_, err := query(t, tc.config)
			wantReason(t, err, source.ReasonRefused, tc.want)
		})
	}
	_, err := source.NewPrometheus(source.PrometheusConfig{URL: server, TokenFile: full, BasicAuth: &source.BasicAuth{Username: "me", PasswordFile: full}})
	mustFail(t, err, "a token and basicAuth are given")
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a := &authority{cert: template}
	der, key := a.sign(t, template)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key}
}

// sign makes a certificate, which the authority's first one signs itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func (a *authority) pem() string { return pemText("CERTIFICATE", a.cert.Raw) }

// client returns a certificate for a name, and its key.
func (a *authority) client(t *testing.T, name string) (cert, key string) {
	t.Helper()
	der, private := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("CERTIFICATE", der), pemText("PRIVATE KEY", text)
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// mutual is a server that asks for the client's certificate, and adds its name to
// seen.
func mutual(t *testing.T, clients *authority, seen *[]string) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.TLS.PeerCertificates[0].Subject.CommonName)
		answer(one)(w, r)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(clients.cert)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestTLSFilesAreReadAgainWhenTheyChange(t *testing.T) {
	clients := newAuthority(t)
	var seen []string
	server := mutual(t, clients, &seen)
	own := pemText("CERTIFICATE", server.Certificate().Raw)
	cert, key := clients.client(t, "first")
	config := source.PrometheusConfig{
		URL: server.URL, CAFile: file(t, "ca", own), CertFile: file(t, "cert", cert), KeyFile: file(t, "key", key),
	}
	p := newSource(t, config)
	ask := func(want string) {
		t.Helper()
		_, err := p.Query(t.Context(), "up")
		if want != "" {
			wantReason(t, err, source.ReasonRefused, want)
		} else if err != nil {
			t.Error(err)
		}
	}
	ask("")
	cert, key = clients.client(t, "second")
	rewrite(t, config.CertFile, cert)
	ask("private key does not match") // half of a rotation
	rewrite(t, config.KeyFile, key)
	ask("")
	rewrite(t, config.CAFile, newAuthority(t).pem())
	ask("certificate signed by unknown authority")
	rewrite(t, config.CAFile, "")
	ask("unable to use specified CA cert")
	rewrite(t, config.CAFile, own)
	ask("")
	if err := os.Remove(config.CAFile); err != nil {
		t.Fatal(err)
	}
	ask("unable to read CA cert")
	if d := cmp.Diff([]string{"first", "second", "second"}, seen); d != "" {
		t.Errorf("clients (-want +got):\n%s", d)
	}
}

func TestClientCertificateIsChecked(t *testing.T) {
	cert, key := newAuthority(t).client(t, "me")
	_, other := newAuthority(t).client(t, "me")
	for name, tc := range map[string]struct{ cert, key, want string }{
		"no key":            {cert: cert, want: "key_file must be configured"},
		"no certificate":    {key: key, want: "cert_file must be configured"},
		"a key of another":  {cert: cert, key: other, want: "private key does not match public key"},
		"no PEM":            {cert: "a", key: key, want: "failed to find any PEM data"},
		"what is the other": {cert: key, key: cert, want: "read the TLS files for Prometheus"},
	} {
		t.Run(name, func(t *testing.T) {
			config := source.PrometheusConfig{URL: "https://prometheus"}
			if tc.cert != "" {
				config.CertFile = file(t, "cert", tc.cert)
			}
			if tc.key != "" {
				config.KeyFile = file(t, "key", tc.key)
			}
			_, err := source.NewPrometheus(config)
			mustFail(t, err, tc.want)
		})
	}
}
