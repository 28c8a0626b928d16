package alertmanager_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/config"
)

// endpoint keeps the bodies that it is sent.
type endpoint struct {
	url    *url.URL
	bodies []string
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e.bodies = append(e.bodies, r.Method+" "+r.URL.Path+"\n"+indented(t, body))
		// What Slack and PagerDuty answer.
		if strings.Contains(r.URL.Path, "v2/enqueue") {
			w.WriteHeader(http.StatusAccepted)
		}
		fmt.Fprint(w, "ok")
	}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	e.url = at
	return e
}

// at is the endpoint under a path.
func (e *endpoint) at(path string) *url.URL { return e.url.JoinPath(path) }

func (e *endpoint) secret() *config.SecretURL {
	return (*config.SecretURL)(&config.URL{URL: e.at("hook")})
}

// mailServer takes one message, without encryption or login.
type mailServer struct {
	address  config.HostPort
	received chan string
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{address: config.HostPort{Host: host, Port: port}, received: make(chan string, 1)}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		s.received <- talk(conn)
	}()
	return s
}

// talk speaks as much SMTP as it takes to get a message.
func talk(conn net.Conn) string {
	fmt.Fprint(conn, "220 here\r\n")
	lines := bufio.NewScanner(conn)
	message, inData := &strings.Builder{}, false
	for lines.Scan() {
		line := lines.Text()
		switch {
		case inData && line == ".":
			inData = false
			fmt.Fprint(conn, "250 taken\r\n")
		case inData:
			message.WriteString(line + "\r\n")
		case line == "DATA":
			inData = true
			fmt.Fprint(conn, "354 go on\r\n")
		case line == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return message.String()
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
	return message.String()
}

// readable is a message as people read it: its subject, its text, and its HTML.
func readable(t *testing.T, message string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\n", m.Header.Get("From"), m.Header.Get("To"), subject)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		// NextPart has undone the encoding.
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		out += "\n" + part.Header.Get("Content-Type") + "\n" + strings.TrimSpace(string(body)) + "\n"
	}
}
