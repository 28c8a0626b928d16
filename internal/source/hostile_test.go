package source_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// wantReason says what is wrong when err has another reason or text.
func wantReason(t *testing.T, err error, reason source.Reason, text string) {
	t.Helper()
	mustFail(t, err, text)
	if err != nil && source.ReasonOf(err) != reason {
		t.Errorf("reason of %v is %s, must be %s", err, source.ReasonOf(err), reason)
	}
}

// raw answers every connection on loopback with handler, which is given the
// connection after it has read the head of a request, and is not bound to HTTP.
func raw(t *testing.T, handler func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				handler(conn.(*net.TCPConn))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String()
}

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

func TestBrokenConnections(t *testing.T) {
	reset := func(c *net.TCPConn) { _ = c.SetLinger(0) }
	for name, tc := range map[string]struct {
		handler func(*net.TCPConn)
		reason  source.Reason
		want    string
	}{
		"reset before the answer": {handler: reset, reason: source.ReasonRefused, want: "reset"},
		"closed before the answer": {
			handler: func(*net.TCPConn) {}, reason: source.ReasonRefused, want: "EOF",
		},
		"reset within the answer": {
			handler: func(c *net.TCPConn) {
				fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", okHead, len(one), one[:40])
				reset(c)
			},
			reason: source.ReasonBody, want: "reset",
		},
		"closed within the answer": {
			handler: func(c *net.TCPConn) {
				fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", okHead, len(one), one[:40])
			},
			reason: source.ReasonBody, want: "unexpected EOF",
		},
		"closed before the last chunk, after all of the answer": {
			handler: func(c *net.TCPConn) {
				fmt.Fprintf(c, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", okHead, len(one), one)
			},
			reason: source.ReasonBody, want: "unexpected EOF",
		},
		"no HTTP": {
			handler: func(c *net.TCPConn) { fmt.Fprint(c, "SSH-2.0-OpenSSH\r\n") },
			reason:  source.ReasonRefused, want: "malformed HTTP",
		},
		"a head without an end": {
			handler: func(c *net.TCPConn) {
				_, _ = io.Copy(c, io.MultiReader(strings.NewReader(okHead), repeat("X-Pad: "+strings.Repeat("x", 1000)+"\r\n", 1<<20)))
			},
			reason: source.ReasonRefused, want: "server response headers exceeded",
		},
		"a head that comes by the byte": {
			handler: func(c *net.TCPConn) {
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				_, err := fmt.Fprint(c, okHead, "X-Slow: ")
				for err == nil {
					<-tick.C
					_, err = fmt.Fprint(c, "x")
				}
			},
			reason: source.ReasonTimeout, want: "deadline exceeded",
		},
		"an answer that comes by the byte": {
			handler: func(c *net.TCPConn) {
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				_, err := fmt.Fprint(c, okHead, "\r\n", one[:40])
				for err == nil {
					<-tick.C
					_, err = fmt.Fprint(c, " ")
				}
			},
			reason: source.ReasonTimeout, want: "deadline exceeded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query(t, source.PrometheusConfig{URL: raw(t, tc.handler), Timeout: 500 * time.Millisecond})
			wantReason(t, err, tc.reason, tc.want)
			if got != nil {
				t.Errorf("vector is %v beside the error", got)
			}
		})
	}
}

// heapPeak returns by how many bytes the heap grew at most while f ran.
func heapPeak(t *testing.T, f func()) uint64 {
	t.Helper()
	// As the operator is run: what is garbage is collected before the limit.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			peak.Store(max(peak.Load(), sample[0].Value.Uint64()))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return max(peak.Load(), before) - before
}

// TestMemoryStaysBounded has each server give 1 GiB, or as much as is taken.
func TestMemoryStaysBounded(t *testing.T) {
	const gib = 1 << 30
	times := func(text string) io.Reader { return repeat(text, gib/len(text)) }
	all, text := io.MultiReader, strings.NewReader
	member := compress(t, repeat(long, 256))
	for name, tc := range map[string]struct {
		body io.Reader
		gzip bool
		want string
		// reason is that of size unless it is given.
		reason source.Reason
	}{
		"long series":              {body: all(text(head), times(long)), want: "larger than 32 MiB"},
		"many series":              {body: all(text(head), times(`{"metric":{"a":"b"},"value":[1,"1"]},`)), want: "more than 200000 samples"},
		"many native histograms":   {body: all(text(head), times(`{"histogram":[1,{}]},`)), want: "more than 200000 samples"},
		"a long label":             {body: all(text(head), text(`{"metric":{"a":"`), times("x")), want: "one series of the answer is larger than 1 MiB"},
		"many labels":              {body: all(text(head), text(`{"metric":{`), times(`"a":"b",`)), want: "one series of the answer is larger than 1 MiB"},
		"a long name of a field":   {body: all(text(`{"`), times("x")), want: "larger than 1 MiB"},
		"a field that is unknown":  {body: all(text(`{"stats":"`), times("x")), want: "larger than 1 MiB"},
		"many that are unknown":    {body: all(text(`{`), times(`"a":{"b":[1,2,3]},`)), want: "larger than 32 MiB"},
		"many warnings":            {body: all(text(`{"warnings":[`), times(`"a",`)), want: "larger than 1 MiB"},
		"blanks":                   {body: all(text(`{`), times("        ")), want: "larger than 1 MiB"},
		"blanks after the answer":  {body: all(text(one), times("        ")), want: "larger than 1 MiB"},
		"lists within lists":       {body: all(text(`{"stats":`), times("[")), want: "exceeded max depth", reason: source.ReasonFormat},
		"lists in place of series": {body: all(text(head), times("[")), want: "exceeded max depth", reason: source.ReasonFormat},
		"lists around the answer":  {body: times("["), want: "there is no {", reason: source.ReasonFormat},
		"16 MiB of series in little, again and again": {
			body: all(text(string(compress(t, text(head)))), times(string(member))), gzip: true, want: "larger than 32 MiB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.gzip {
					w.Header().Set("Content-Encoding", "gzip")
				}
				_, _ = io.Copy(w, tc.body)
			})
			var err error
			grown := heapPeak(t, func() {
				_, err = query(t, source.PrometheusConfig{URL: server, Timeout: time.Minute})
			})
			if tc.reason == "" {
				tc.reason = source.ReasonSize
			}
			wantReason(t, err, tc.reason, tc.want)
			t.Logf("heap grew by %d MiB", grown>>20)
			if grown > 100<<20 {
				t.Errorf("heap grew by %d MiB, must be at most 100", grown>>20)
			}
		})
	}
}

// TestErrorsAreShort: each is logged, and a server's own words are in it.
func TestErrorsAreShort(t *testing.T) {
	words := strings.Repeat("word ", 10_000)
	for name, tc := range map[string]struct {
		status int
		body   string
	}{
		"an error":          {status: 422, body: `{"status":"error","errorType":"` + words + `","error":"` + words + `"}`},
		"an error with 200": {status: 200, body: `{"status":"error","errorType":"` + words + `","error":"` + words + `"}`},
		"a warning":         {status: 200, body: strings.Replace(one, `"data"`, `"warnings":["`+words+`"],"data"`, 1)},
		"a status":          {status: 200, body: `{"status":"` + words + `"}`},
		"a type":            {status: 200, body: strings.Replace(one, `"vector"`, `"`+words+`"`, 1)},
		"a value":           {status: 200, body: strings.Replace(one, `"0.5"`, `"`+words+`"`, 1)},
		"a page":            {status: 502, body: words},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			})
			_, err := newSource(t, source.PrometheusConfig{URL: server}).Query(t.Context(), strings.Repeat("up+", 1000)+"up")
			if err == nil || len(err.Error()) > 1500 {
				t.Errorf("error is %.100v…, with %d bytes", err, len(fmt.Sprint(err)))
			}
		})
	}
}

// other is a server that must not be asked, on another address of loopback.
func other(t *testing.T) (address string, asked *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int64{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(one)(w, r)
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, asked
}

// TestNoOtherHostIsAsked: neither a redirect nor a refresh leads anywhere, and what
// is told of it holds no path.
func TestNoOtherHostIsAsked(t *testing.T) {
	elsewhere, asked := other(t)
	for name, tc := range map[string]struct{ location, want string }{
		"to another host":             {elsewhere + "/api/v1/query", "redirected to " + elsewhere + ": redirects are refused"},
		"to the metadata of a cloud":  {"http://169.254.169.254/latest/meta-data/", "redirected to http://169.254.169.254: redirects"},
		"to the same, mapped to IPv6": {"http://[::ffff:a9fe:a9fe]/latest/", "redirected to http://[::ffff:a9fe:a9fe]: redirects"},
		"to a path of its own":        {"/login?next=secret", "redirected to another place: redirects"},
		"to a user":                   {strings.Replace(elsewhere, "//", "//me:secret@", 1), "redirected to " + elsewhere},
		"to a file":                   {"file:///etc/passwd", "redirected to another place"},
		"to nowhere":                  {"", "redirected to another place"},
		"to what is no URL":           {"http://%zz secret", "redirected to another place"},
	} {
		for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", tc.location)
					w.Header().Set("Refresh", "0; url="+elsewhere)
					w.WriteHeader(status)
				})
				_, err := query(t, source.PrometheusConfig{URL: server, TokenFile: file(t, "token", "t-1")})
				wantReason(t, err, source.ReasonHTTP, tc.want)
				if strings.Contains(fmt.Sprint(err), "secret") {
					t.Errorf("error tells a path: %v", err)
				}
			})
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}
