package rules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// TokenPrice is the canonical series that holds the price of a token.
const TokenPrice = "ragmonitor:token_price_usd:const"

const labelPricedModel = "priced_model"

// priced gives a series the name under which its model is priced.
func priced(t promql.Template) promql.Template {
	return promql.MustParse(fmt.Sprintf("label_replace(%s, %q, %q, %q, %q)",
		t, labelPricedModel, pricing.ModelReplacement, "model", pricing.ModelPattern))
}

// Directions of tokens, which have prices of their own.
const (
	labelDirection  = "direction"
	directionInput  = "input"
	directionCached = "cached_input"
	directionOutput = "output"
)

const recordTokens = "ragmonitor:tokens:rate"

// constants are the table of prices as PromQL, by direction. They select nothing,
// so that evaluating them costs next to nothing.
func constants(table pricing.Table) map[string]string {
	prices := map[string][]parser.Expr{}
	add := func(direction, model string, price float64) {
		prices[direction] = append(prices[direction], promql.Constant(price, map[string]string{labelPricedModel: model}))
	}
	for _, model := range table.Models {
		for _, name := range append([]string{model.Name}, model.Aliases...) {
			add(directionInput, name, model.Input)
			add(directionCached, name, model.CachedInput)
			if model.HasOutput {
				add(directionOutput, name, model.Output)
			}
		}
	}
	out := map[string]string{}
	for direction, exprs := range prices {
		out[direction] = promql.Print(promql.Union(exprs))
	}
	return out
}

// priceRules are the prices of the tokens that m has.
func (c Catalogue) priceRules(m model.Monitor, recorded Recorded) []rulefmt.Rule {
	var out []rulefmt.Rule
	for _, direction := range slices.Sorted(maps.Keys(c.prices)) {
		// The price of cached tokens is set off against that of input.
		if recorded.Has(recordTokens, []*labels.Matcher{promql.Equal(labelDirection, direction)}) {
			out = append(out, rulefmt.Rule{Record: TokenPrice, Expr: c.prices[direction], Labels: with(identity(m), labelDirection, direction)})
		}
	}
	return out
}

// pricesTokens says whether the cost is to be computed from tokens: when nobody
// counts it, or when it was asked for.
func pricesTokens(m model.Monitor) bool {
	if source := m.Objectives.CostSource; source != model.CostAuto {
		return source == model.CostFromTokens
	}
	return !slices.ContainsFunc(m.Components, func(c model.Component) bool { return c.Vocabulary.Feeds(vocabulary.Cost) })
}
