// Package pricing turns tokens into US dollars: a table of what models cost, and
// the one expression under which the spellings of a model become its name.
//
// A model that no table names has no price. It never costs $0: who runs a model
// for nothing writes so, with "free: true".
//
// The embedded table holds list prices of those who make the models. It knows
// neither discounts nor surcharges: not for batches, regions or long prompts, and
// not for writing to a prompt cache. What a host asks of its own is written over
// it by the administrator, and so is a model that is served in the cluster under
// the name of one that is sold.
package pricing

import (
	_ "embed"
	"slices"
	"strings"
	"time"
)

//go:embed prices.yaml
var embedded []byte

// Table is what models cost.
type Table struct {
	// AsOf is the day the prices are of, at midnight UTC.
	AsOf time.Time
	// Source says where the prices are from, in 1 to 256 characters.
	Source string
	// Models are sorted by name. No name or alias occurs twice among them.
	Models []Model
}

// Model is what one model costs, in US dollars per token.
type Model struct {
	// Name is what Normalise makes of every spelling that has this price, except
	// of those that are Aliases.
	Name string
	// Aliases are other normalised names of the model, in the order of the table.
	Aliases []string
	// Input is the price of a token that the model reads.
	Input float64
	// CachedInput is the price of a token that the model reads from its prompt
	// cache. It equals Input when the table says nothing of it.
	CachedInput float64
	// Output is the price of a token that the model writes.
	Output float64
	// HasOutput is false for models that write no tokens, such as embeddings.
	// Output means nothing then.
	HasOutput bool
	// Free is true when the model costs nothing. Its prices are all 0, and no
	// other model has a price of 0.
	Free bool
}

// Builtin returns the table that is compiled into the operator. It fails only
// when that table is broken, which the tests of this package refuse.
func Builtin() (Table, error) {
	return Parse("prices.yaml", embedded)
}

// Over returns base with the models of t put over it. A model of t replaces the
// model of base that has its name or one of its aliases, and takes over that
// model's aliases: they are spellings of the same model. The rest of base stays.
//
// The result is as old as the older of both. It shares no memory with either.
func (t Table) Over(base Table) Table {
	result := Table{AsOf: older(t.AsOf, base.AsOf), Source: joined(t.Source, base.Source)}
	owner := map[string]int{}
	for i, m := range t.Models {
		m.Aliases = slices.Clone(m.Aliases)
		result.Models = append(result.Models, m)
		owner[m.Name] = i
		for _, alias := range m.Aliases {
			owner[alias] = i
		}
	}
	for _, m := range base.Models {
		m.Aliases = without(m.Aliases, owner)
		if i, ok := owner[m.Name]; ok {
			result.Models[i].Aliases = append(result.Models[i].Aliases, m.Aliases...)
			continue
		}
		result.Models = append(result.Models, m)
	}
	sortByName(result.Models)
	return result
}

// without copies the names that nobody owns; nil when there are none.
func without(names []string, owner map[string]int) []string {
	var rest []string
	for _, name := range names {
		if _, ok := owner[name]; !ok {
			rest = append(rest, name)
		}
	}
	return rest
}

// older is the earlier of two days, of which an empty table has none.
func older(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func joined(over, base string) string {
	if over == "" || base == "" {
		return over + base
	}
	return over + "; otherwise " + base
}

func sortByName(models []Model) {
	slices.SortFunc(models, func(a, b Model) int { return strings.Compare(a.Name, b.Name) })
}
