package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/pki"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestIssue(t *testing.T) {
	authority, err := pki.New(now)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.Certificate)

	for name, tc := range map[string]struct {
		request pki.Request
		verify  x509.VerifyOptions
		// refused is part of the message of the verification; "" when it succeeds.
		refused string
	}{
		"a server is known under its address": {
			request: pki.Request{User: "node", Addresses: []netip.Addr{netip.MustParseAddr("10.254.0.2")}},
			verify:  x509.VerifyOptions{DNSName: "10.254.0.2", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		},
		"a server is known under its name": {
			request: pki.Request{User: "api", Names: []string{"kubernetes.default.svc"}},
			verify:  x509.VerifyOptions{DNSName: "kubernetes.default.svc", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		},
		"a server is not known under another address": {
			request: pki.Request{User: "node", Addresses: []netip.Addr{netip.MustParseAddr("10.254.0.2")}},
			verify:  x509.VerifyOptions{DNSName: "10.254.0.1", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
			refused: "valid for 10.254.0.2, not 10.254.0.1",
		},
		"a client may log in": {
			request: pki.Request{User: "admin", Groups: []string{"system:masters"}},
			verify:  x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}},
		},
		"a client may not serve": {
			request: pki.Request{User: "admin"},
			verify:  x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
			refused: "incompatible key usage",
		},
		"it ends after a year": {
			request: pki.Request{User: "admin"},
			verify:  x509.VerifyOptions{CurrentTime: now.AddDate(1, 0, 1), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}},
			refused: "expired",
		},
	} {
		t.Run(name, func(t *testing.T) {
			pair, err := authority.Issue(tc.request)
			if err != nil {
				t.Fatal(err)
			}
			loaded, err := tls.X509KeyPair(pair.Certificate, pair.Key)
			if err != nil {
				t.Fatal(err)
			}
			tc.verify.Roots = roots
			if tc.verify.CurrentTime.IsZero() {
				tc.verify.CurrentTime = now
			}
			_, err = loaded.Leaf.Verify(tc.verify)
			if (err != nil) != (tc.refused != "") || err != nil && !strings.Contains(err.Error(), tc.refused) {
				t.Errorf("error %v, want one with %q", err, tc.refused)
			}
			if diff := cmp.Diff(tc.request.Groups, loaded.Leaf.Subject.Organization); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}
