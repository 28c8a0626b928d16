package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// limit is the largest answer that is read, in bytes.
const limit = 32 << 20

const (
	head = `{"status":"success","data":{"resultType":"vector","result":[`
	tail = `]}}`
)

// series is one with a label of so many bytes.
func series(bytes int) string {
	return `{"metric":{"pad":"` + strings.Repeat("x", bytes) + `"},"value":[1700000000,"1"]}`
}

// long is a series of some 64 KiB, and a comma.
var long = series(64<<10) + ","

// padded is an answer of size bytes.
func padded(size int) io.Reader {
	rest := size - len(head) - len(tail)
	times := rest/len(long) - 1
	last := series(rest - times*len(long) - len(series(0)))
	return io.MultiReader(strings.NewReader(head), repeat(long, times), strings.NewReader(last), strings.NewReader(tail))
}

// repeat reads text so many times.
func repeat(text string, times int) io.Reader {
	return io.LimitReader(&repeated{text: text}, int64(len(text)*times))
}

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
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
			if err != nil || len(got) < limit/len(long) {
				t.Errorf("%d samples, error %.200v", len(got), err)
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
