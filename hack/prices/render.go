package main

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const head = `Made by hack/prices/fetch.sh; do not edit. What is in it stands in
hack/prices/selection.yaml.

List prices in US dollars for 1000000 tokens as of %[2]s, from the package
@pydantic/genai-prices %[1]s, whose licence is the MIT License: see NOTICE.
Models marked "by hand" are not in that package.

Of prices that depend on the length of the prompt, it is that of short prompts; of
those that depend on the time of day, that of most hours.`

// write renders the price table.
func write(out io.Writer, lists []list, version string, day time.Time) error {
	models := &yaml.Node{Kind: yaml.SequenceNode}
	for _, part := range lists {
		for i, m := range part.models {
			entry, err := m.node()
			if err != nil {
				return fmt.Errorf("%s: %w", m.name(), err)
			}
			if i == 0 {
				entry.HeadComment = "\n" + part.title
			}
			models.Content = append(models.Content, entry)
		}
	}
	date := day.Format(time.DateOnly)
	table := mapping(
		text("asOf"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: date},
		text("source"), text(fmt.Sprintf("list prices, genai-prices %s of %s", version, date)),
		text("unit"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: "1000000"},
		text("models"), models,
	)
	if _, err := fmt.Fprintln(out, comment(fmt.Sprintf(head, version, date))); err != nil {
		return fmt.Errorf("write the price table: %w", err)
	}
	return encode(out, table)
}

// encode writes the table without the spaces that the encoder puts before the blank
// line of a comment.
func encode(out io.Writer, table *yaml.Node) error {
	var indented bytes.Buffer
	encoder := yaml.NewEncoder(&indented)
	encoder.SetIndent(2)
	if err := encoder.Encode(table); err != nil {
		return fmt.Errorf("render the price table: %w", err)
	}
	for line := range strings.Lines(indented.String()) {
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " \n")); err != nil {
			return fmt.Errorf("write the price table: %w", err)
		}
	}
	return nil
}

func (m priced) node() (*yaml.Node, error) {
	entry := mapping(text("model"), text(m.name()))
	entry.Style = yaml.FlowStyle
	if len(m.Aliases) > 0 {
		aliases := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, alias := range m.Aliases {
			aliases.Content = append(aliases.Content, text(alias))
		}
		entry.Content = append(entry.Content, text("aliases"), aliases)
	}
	for _, price := range []struct {
		field  string
		amount amount
	}{{"input", m.prices.Input}, {"output", m.Output}, {"cachedInput", m.Cached}} {
		if price.amount == "" {
			continue
		}
		digits, err := price.amount.decimal()
		if err != nil {
			return nil, err
		}
		entry.Content = append(entry.Content, text(price.field),
			&yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: digits})
	}
	if m.ID == "" {
		entry.LineComment = "by hand"
	}
	return entry, nil
}

// decimal writes the amount without exponent, with two decimals at least.
func (a amount) decimal() (string, error) {
	const decimals = 12
	exact, ok := new(big.Rat).SetString(string(a))
	if !ok {
		return "", fmt.Errorf("price %q is no number", a)
	}
	digits := exact.FloatString(decimals)
	if back, _ := new(big.Rat).SetString(digits); back.Cmp(exact) != 0 {
		return "", fmt.Errorf("price %q has more than %d decimals", a, decimals)
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	fraction = strings.TrimRight(fraction, "0")
	return whole + "." + fraction + strings.Repeat("0", max(0, 2-len(fraction))), nil
}

func mapping(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: content}
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
}

func comment(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("# "+line, " ")
	}
	return strings.Join(lines, "\n")
}
