//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/alertmanager/template"
)

// received is one thing that the sinks have taken, as they tell it.
type received struct {
	At   time.Time
	Mail *struct {
		From, User, Message string
		To                  []string
		Encrypted           bool
	}
	Hook *struct {
		Name, Body string
		Header     http.Header
	}
}

func (c *cluster) received(ctx context.Context) ([]received, error) {
	answer, err := c.get(ctx, sinksNamespace, "sinks:http", "received")
	if err != nil {
		return nil, err
	}
	var out []received
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("read what was received: %w", err)
	}
	return out, nil
}

// forget has the sinks begin anew.
func (c *cluster) forget(ctx context.Context) {
	GinkgoHelper()
	result := c.clientset.CoreV1().RESTClient().Delete().
		Namespace(sinksNamespace).Resource("services").Name("sinks:http").SubResource("proxy").Suffix("received").Do(ctx)
	Expect(result.Error()).NotTo(HaveOccurred())
}

// hook is what a webhook was sent.
type hook struct {
	template.Data

	at            time.Time
	authorization string
	body          string
}

// hooks are what a webhook was sent of an alert with this status, in order.
func (c *cluster) hooks(ctx context.Context, name, alert, status string) ([]hook, error) {
	all, err := c.received(ctx)
	if err != nil {
		return nil, err
	}
	var out []hook
	for _, r := range all {
		if r.Hook == nil || r.Hook.Name != name {
			continue
		}
		h := hook{at: r.At, authorization: r.Hook.Header.Get("Authorization"), body: r.Hook.Body}
		if err := json.Unmarshal([]byte(r.Hook.Body), &h.Data); err != nil {
			return nil, fmt.Errorf("read the body of a hook: %w", err)
		}
		if h.Status == status && h.CommonLabels["alertname"] == alert {
			out = append(out, h)
		}
	}
	return out, nil
}

// letter is a mail that was received.
type letter struct {
	at          time.Time
	subject     string
	text, html  string
	encrypted   bool
	user        string
	from, whole string
	to          []string
}

// letters are the mails whose subject has a text, in order.
func (c *cluster) letters(ctx context.Context, subject string) ([]letter, error) {
	all, err := c.received(ctx)
	if err != nil {
		return nil, err
	}
	var out []letter
	for _, r := range all {
		if r.Mail == nil {
			continue
		}
		l := letter{at: r.At, encrypted: r.Mail.Encrypted, user: r.Mail.User, from: r.Mail.From, to: r.Mail.To, whole: r.Mail.Message}
		if err := l.read(); err != nil {
			return nil, err
		}
		if strings.Contains(l.subject, subject) {
			out = append(out, l)
		}
	}
	return out, nil
}

func (l *letter) read() error {
	message, err := mail.ReadMessage(strings.NewReader(l.whole))
	if err != nil {
		return fmt.Errorf("read a mail: %w", err)
	}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return fmt.Errorf("read the subject of a mail: %w", err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("read the type of a mail: %w", err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a part of a mail: %w", err)
		}
		content, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return fmt.Errorf("read a part of a mail: %w", err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.html = string(content)
		} else {
			l.text = string(content)
		}
	}
}
