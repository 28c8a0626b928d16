package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/prometheus/common/model"
)

// answer is what the query API gave. It is decoded as it arrives, one series at a
// time, so that memory is needed for the samples and not for the text as well.
type answer struct {
	Status, ErrorType, Error, ResultType string

	Warnings []string
	// Partial is how VictoriaMetrics says what others say by a warning.
	Partial bool
	Vector  model.Vector
	// hasResult tells an empty vector from none.
	hasResult bool
}

// decoder fills an answer. Fields may come in any order, and those that it does
// not know are passed over: infos, say, which do not make an answer less whole.
type decoder struct {
	json       *json.Decoder
	body       *boundedReader
	maxSamples int
	// series counts those without a value too.
	series int
	answer answer
}

// decode reads a whole answer, and returns an error when there is more or less.
// Native histograms are left out: they have no value, and 0 would be a lie.
func decode(body io.Reader, maxSamples int) (answer, error) {
	bounded := newBoundedReader(body)
	d := &decoder{json: json.NewDecoder(bounded), body: bounded, maxSamples: maxSamples}
	if err := d.object(d.field); err != nil {
		return answer{}, formatError(err)
	}
	d.body.nextPart()
	switch _, err := d.json.Token(); {
	case err == nil:
		return answer{}, formatError(errors.New("there is more after its end"))
	case !errors.Is(err, io.EOF):
		return answer{}, formatError(err)
	}
	return d.answer, nil
}

// formatError leaves what is known to have another reason.
func formatError(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too soon")
	}
	return failf(ReasonFormat, "the answer is not one of the query API: %s", clip(err.Error()))
}

// vector returns what was asked for, if the answer is a whole vector.
func (a answer) vector() (model.Vector, error) {
	switch {
	case a.Status == "error":
		return nil, failf(ReasonHTTP, "%s: %s", clip(a.ErrorType), clip(a.Error))
	case a.Status != "success":
		return nil, failf(ReasonFormat, "the answer is not one of the query API: its status is %q", clip(a.Status))
	case len(a.Warnings) > 0:
		return nil, failf(ReasonPartial, "partial answer: %s", clip(strings.Join(a.Warnings, "; ")))
	case a.Partial:
		return nil, failf(ReasonPartial, "partial answer: isPartial is true")
	case !a.hasResult:
		return nil, failf(ReasonFormat, "the answer is not one of the query API: it has no result")
	}
	return a.Vector, mustBeVector(a.ResultType)
}

func mustBeVector(resultType string) error {
	if resultType == model.ValVector.String() {
		return nil
	}
	return failf(ReasonFormat, "the answer is a %s, must be a vector", clip(resultType))
}

func (d *decoder) field(name string) error {
	switch name {
	case "status":
		return d.json.Decode(&d.answer.Status)
	case "errorType":
		return d.json.Decode(&d.answer.ErrorType)
	case "error":
		return d.json.Decode(&d.answer.Error)
	case "warnings":
		return d.json.Decode(&d.answer.Warnings)
	case "isPartial":
		return d.json.Decode(&d.answer.Partial)
	case "data":
		return d.object(d.data)
	}
	return d.skip()
}

func (d *decoder) data(name string) error {
	switch name {
	case "resultType":
		return d.json.Decode(&d.answer.ResultType)
	case "result":
		return d.result()
	}
	return d.skip()
}

func (d *decoder) skip() error {
	var ignored json.RawMessage
	return d.json.Decode(&ignored)
}

// result reads a vector. What is known to be none is not read: the type, which says
// so, may come later.
func (d *decoder) result() error {
	if d.answer.ResultType != "" {
		if err := mustBeVector(d.answer.ResultType); err != nil {
			return err
		}
	}
	d.answer.hasResult, d.answer.Vector = true, model.Vector{}
	return d.list(func() error {
		if d.series++; d.series > d.maxSamples {
			return failf(ReasonSize, "the answer has more than %d samples", d.maxSamples)
		}
		var s series
		if err := d.json.Decode(&s); err != nil {
			return err
		}
		if s.Value == nil && s.Histogram != nil {
			return nil
		}
		sample, err := s.sample()
		if err != nil {
			return err
		}
		d.answer.Vector = append(d.answer.Vector, sample)
		return nil
	})
}

// series is one of a vector. The library's own type takes a value that is missing
// for 0.
type series struct {
	Metric    model.Metric      `json:"metric"`
	Value     []json.RawMessage `json:"value"`
	Histogram json.RawMessage   `json:"histogram"`
}

func (s series) sample() (*model.Sample, error) {
	if len(s.Value) != 2 {
		return nil, fmt.Errorf("a series has %d parts of a value, must be a time and a number", len(s.Value))
	}
	out := &model.Sample{Metric: s.Metric}
	if err := out.Timestamp.UnmarshalJSON(s.Value[0]); err != nil {
		return nil, fmt.Errorf("the time of a sample: %w", err)
	}
	if err := out.Value.UnmarshalJSON(s.Value[1]); err != nil {
		return nil, fmt.Errorf("the value of a sample: %w", err)
	}
	return out, nil
}

// object calls field for every name of an object; it must read the value. null is
// an object without fields.
func (d *decoder) object(field func(name string) error) error {
	if null, err := d.open('{'); null || err != nil {
		return err
	}
	for d.json.More() {
		d.body.nextPart()
		name, err := d.json.Token()
		if err != nil {
			return err
		}
		if err := field(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	_, err := d.json.Token()
	return err
}

// list calls element for every element of a list; it must read it. null is a list
// without elements.
func (d *decoder) list(element func() error) error {
	if null, err := d.open('['); null || err != nil {
		return err
	}
	for d.json.More() {
		d.body.nextPart()
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.json.Token()
	return err
}

func (d *decoder) open(with json.Delim) (null bool, err error) {
	token, err := d.json.Token()
	if err != nil || token == nil {
		return err == nil, err
	}
	if token != with {
		return false, fmt.Errorf("there is no %s where one must be", with)
	}
	return false, nil
}
