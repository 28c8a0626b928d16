package pricing

import (
	"fmt"
	"math/big"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// decimal is how a price is written. It has no sign and no exponent, and is short
// enough to be computed with exactly.
var decimal = regexp.MustCompile(`^[0-9]{1,9}(?:\.[0-9]{1,15})?$`)

// The lowest and the highest price of a token that is believed, in US dollars:
// 0.0001 and 10000 for a million. Beyond stands a price for another unit.
var (
	lowest  = big.NewRat(1, 10_000_000_000)
	highest = big.NewRat(1, 100)
)

// insteadOfZero is what to write for a price of 0, which is refused because it
// hides a model that costs money as well as one that does not.
var insteadOfZero = map[string]string{
	"input":       "write free: true if the model costs nothing",
	"output":      "write free: true if the model costs nothing, or remove output if it writes no tokens",
	"cachedInput": "write free: true if the model costs nothing, or remove cachedInput if that costs as much as input",
}

// entry is one model of the list while it is being read.
type entry struct {
	p      *parser
	node   *yaml.Node
	values map[string]*yaml.Node
	unit   *big.Rat
	free   bool
	// title is what errors call the model.
	title string
}

// model reads one entry. Its prices are 0 when unit is nil, which was reported.
func (p *parser) model(n *yaml.Node, unit *big.Rat) Model {
	values := p.fields(n, "a model", "model", "aliases", "input", "output", "cachedInput", "free")
	if values == nil {
		return Model{}
	}
	e := entry{p: p, node: n, values: values, unit: unit, title: "a model"}
	if name := values["model"]; name != nil {
		e.title = shown(name)
	}
	m := Model{Name: e.name(), Aliases: e.aliases()}
	e.free = e.flag()
	m.Free = e.free
	m.Input = e.input()
	m.Output, m.HasOutput = e.price("output")
	m.HasOutput = m.HasOutput || m.Free
	if cached, ok := e.price("cachedInput"); ok {
		m.CachedInput = cached
	} else {
		m.CachedInput = m.Input
	}
	return m
}

func (e *entry) name() string {
	n := e.values["model"]
	if n == nil {
		e.p.fail(e.node, "model is missing: write the name of a model, such as gpt-4o")
		return ""
	}
	return e.claim(n, "model")
}

func (e *entry) aliases() []string {
	n := e.values["aliases"]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxAliases {
		e.p.fail(n, "aliases of %s is %s, must be a list of %d names at most", e.title, shown(n), maxAliases)
		return nil
	}
	names := make([]string, 0, len(n.Content))
	for _, alias := range n.Content {
		names = append(names, e.claim(resolved(alias), "alias"))
	}
	return names
}

// claim normalises a name, which then no other entry may have.
func (e *entry) claim(n *yaml.Node, field string) string {
	if !isText(n) || !isLine(n.Value, maxName) {
		e.p.fail(n, "%s is %s, must be a name of 1 to %d characters without control characters", field, shown(n), maxName)
		return ""
	}
	name := Normalise(n.Value)
	if line, taken := e.p.lines[name]; taken {
		e.p.fail(n, "%s %s is priced as %q, which stands in line %d already: remove one of them", field, shown(n), name, line)
		return ""
	}
	e.p.lines[name] = max(n.Line, 1)
	return name
}

func (e *entry) flag() bool {
	n := e.values["free"]
	if n == nil {
		return false
	}
	if n.Value != "true" && n.Value != "false" {
		e.p.fail(n, "free of %s is %s, must be true or false", e.title, shown(n))
	}
	return n.Value == "true"
}

func (e *entry) input() float64 {
	price, written := e.price("input")
	if !written && !e.free {
		e.p.fail(e.node, "input of %s is missing: write US dollars, such as \"2.50\", or free: true", e.title)
	}
	return price
}

// price is the price of one token, and whether the entry has that field.
func (e *entry) price(field string) (price float64, written bool) {
	n := e.values[field]
	if n == nil {
		return 0, false
	}
	if !isText(n) || !decimal.MatchString(n.Value) {
		e.p.fail(n, "%s of %s is %s, must be US dollars in digits, such as \"2.50\"", field, e.title, shown(n))
		return 0, true
	}
	exact, _ := new(big.Rat).SetString(n.Value)
	switch {
	case e.free && exact.Sign() != 0:
		e.p.fail(n, "%s of %s is %s, but free is true: remove one of them", field, e.title, shown(n))
	case e.free:
		return 0, true
	case exact.Sign() == 0:
		e.p.fail(n, "%s of %s is %s: %s", field, e.title, shown(n), insteadOfZero[field])
	case e.unit != nil:
		return e.perToken(n, field, exact), true
	}
	return 0, true
}

func (e *entry) perToken(n *yaml.Node, field string, exact *big.Rat) float64 {
	exact.Quo(exact, e.unit)
	if exact.Cmp(lowest) < 0 || exact.Cmp(highest) > 0 {
		million := new(big.Rat).Mul(exact, big.NewRat(1_000_000, 1))
		e.p.fail(n, "%s of %s is %s for %s tokens, hence %s US dollars for 1000000: must be 0.0001 to 10000 there, check unit",
			field, e.title, shown(n), e.unit.RatString(), rounded(million))
		return 0
	}
	price, _ := exact.Float64()
	return price
}

func rounded(r *big.Rat) string {
	f, _ := r.Float64()
	return fmt.Sprintf("%g", f)
}
