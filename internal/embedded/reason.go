package embedded

import (
	"context"
	"errors"
	"net"
	"strings"
	"unicode"
)

// Reason is the class of a failed scrape.
type Reason string

// The reasons for which scrapes fail.
const (
	ReasonForbidden   Reason = "forbidden_address"
	ReasonConnect     Reason = "connect"
	ReasonTimeout     Reason = "timeout"
	ReasonStatus      Reason = "http_status"
	ReasonBodySize    Reason = "body_size"
	ReasonSampleLimit Reason = "sample_limit"
	ReasonLabelLimit  Reason = "label_limit"
	ReasonTargetLimit Reason = "target_limit"
	ReasonSeriesLimit Reason = "series_limit"
	// ReasonMetadataLimit is that of a target that is not scraped for ten minutes.
	ReasonMetadataLimit Reason = "metadata_limit"
	ReasonOther         Reason = "other"
)

// texts of errors that Prometheus does not export.
var texts = []struct {
	prefix string
	reason Reason
}{
	{"server returned HTTP status", ReasonStatus},
	{"body size limit", ReasonBodySize},
	{"sample limit", ReasonSampleLimit},
	{"label_", ReasonLabelLimit},
	{"target_limit", ReasonTargetLimit},
}

func reasonOf(err error) Reason {
	var limit *LimitError
	var network *net.OpError
	switch {
	case errors.As(err, &limit):
		return ReasonSeriesLimit
	case errors.Is(err, errForbidden):
		return ReasonForbidden
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout
	case errors.As(err, &network):
		if network.Timeout() {
			return ReasonTimeout
		}
		return ReasonConnect
	}
	for _, t := range texts {
		if strings.HasPrefix(err.Error(), t.prefix) {
			return t.reason
		}
	}
	return ReasonOther
}

// longestMessage is where a message is cut, in bytes.
const longestMessage = 300

// message is the text of an error, fit for a status: targets write parts of it.
func message(err error) string {
	if err == nil {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return text
}
