package source_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// limit is the largest answer that is read, in bytes.
const limit = 32 << 20

// padded is an answer of size bytes: blanks between the tokens of JSON.
func padded(size int) io.Reader {
	return io.MultiReader(strings.NewReader(one[:1]), io.LimitReader(blanks{}, int64(size-len(one))), strings.NewReader(one[1:]))
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestSizeOfAnswersIsLimited(t *testing.T) {
	tooLarge := fmt.Sprintf("the answer is larger than %d MiB", limit>>20)
	compressed := compress(t, padded(limit+1))
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"just the limit": {handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, padded(limit)) }},
		"a byte more": {
			handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, padded(limit+1)) },
			want:    tooLarge,
		},
		"a byte more, compressed to little": {
			handler: func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
					t.Error("compression is not asked for")
				}
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(compressed)
			},
			want: tooLarge,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query(t, source.PrometheusConfig{URL: serve(t, tc.handler), Timeout: time.Minute})
			if tc.want != "" {
				mustFail(t, err, tc.want)
				return
			}
			if err != nil || len(got) != 1 {
				t.Errorf("vector %v, error %.200v", got, err)
			}
		})
	}
}

func compress(t *testing.T, from io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, from); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// anotherCA is a certificate, in PEM, that signed nobody's.
func anotherCA(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
