package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// Reason says in one word why a query failed. It is the value of a metric's label,
// so there are few.
type Reason string

// The reasons, in the order in which a query meets them.
const (
	// ReasonTimeout is no answer, or no end of it, in time.
	ReasonTimeout Reason = "timeout"
	// ReasonRefused is a request that got no HTTP answer: no connection, no trust in
	// the certificate, or no credentials to send.
	ReasonRefused Reason = "refused"
	// ReasonHTTP is an answer that says that the query was not evaluated: another
	// status than 2xx, a redirect among them, or an error in its body.
	ReasonHTTP Reason = "http"
	// ReasonBody is an answer that broke off.
	ReasonBody Reason = "body"
	// ReasonSize is an answer with too many bytes or samples.
	ReasonSize Reason = "size"
	// ReasonFormat is an answer that is no vector in JSON.
	ReasonFormat Reason = "format"
	// ReasonPartial is an answer that may lack series.
	ReasonPartial Reason = "partial"
	// ReasonClock is an answer of another time than the present.
	ReasonClock Reason = "clock"
	// ReasonOther is what the embedded source fails with.
	ReasonOther Reason = "other"
)

var reasons = []Reason{
	ReasonTimeout, ReasonRefused, ReasonHTTP, ReasonBody, ReasonSize, ReasonFormat, ReasonPartial, ReasonClock, ReasonOther,
}

// Error is a query that failed for a reason that is known.
type Error struct {
	Reason Reason
	Err    error
}

// Error implements error. The reason is not in it: the text says more.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what the reason was found for.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns why a query failed. An end of time comes before all others: it
// breaks connections and answers.
func ReasonOf(err error) Reason {
	network, ok := errors.AsType[net.Error](err)
	if errors.Is(err, context.DeadlineExceeded) || ok && network.Timeout() {
		return ReasonTimeout
	}
	if known, ok := errors.AsType[*Error](err); ok && slices.Contains(reasons, known.Reason) {
		return known.Reason
	}
	return ReasonOther
}

func failf(reason Reason, format string, args ...any) error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// maxText bounds, in bytes, each text of a server or of a query in an error: it is
// logged once per interval.
const maxText = 300

func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
