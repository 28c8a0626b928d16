package promql

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Selector is one metric whose values are part of what a name stands for.
type Selector struct {
	// Metric is the name of the metric; empty when Matchers say which metrics.
	Metric string
	// Matchers say which of its series. Whoever makes a Selector binds it to a
	// namespace here.
	Matchers []*labels.Matcher
	// Labels are the labels that the template groups by, each with the name the
	// metric gives it. Those with the same name may be left out.
	Labels map[string]string
	// Factor is what the values are multiplied by; 0 means 1.
	Factor float64
	// Func is a function that the values pass through, such as "histogram_sum";
	// empty means none.
	Func string
	// Mark tells the series from those of another selector with the same labels,
	// when both are added up. It becomes the value of the label "operand". Alternatives
	// whose first selectors have different marks are added up too.
	Mark string
}

// Alternative holds the selectors that make up one meaning of a name, together.
type Alternative []Selector

func (a Alternative) mark() string {
	if len(a) == 0 {
		return ""
	}
	return a[0].Mark
}

// Equal matches label = value exactly.
func Equal(label, value string) *labels.Matcher {
	return &labels.Matcher{Type: labels.MatchEqual, Name: label, Value: value}
}

// OneOf matches label against any of values, each taken literally. It is made to be
// printed: it is not compiled, and matches nothing by itself if there are several.
func OneOf(label string, values []string) *labels.Matcher {
	if len(values) == 1 {
		return Equal(label, values[0])
	}
	return &labels.Matcher{Type: labels.MatchRegexp, Name: label, Value: literally(values)}
}

// NoneOf matches every label whose value is none of values, each taken literally.
// It is made to be printed, like OneOf.
func NoneOf(label string, values []string) *labels.Matcher {
	if len(values) == 1 {
		return &labels.Matcher{Type: labels.MatchNotEqual, Name: label, Value: values[0]}
	}
	return &labels.Matcher{Type: labels.MatchNotRegexp, Name: label, Value: literally(values)}
}

func literally(values []string) string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, regexp.QuoteMeta(value))
	}
	return strings.Join(quoted, "|")
}

// Pattern matches label against a regular expression as a whole. It is made to be
// printed, like OneOf; the expression must be valid.
func Pattern(label, pattern string) *labels.Matcher {
	return &labels.Matcher{Type: labels.MatchRegexp, Name: label, Value: pattern}
}
