package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
)

// group is one part of the selection, from one provider.
type group struct {
	Title    string   `yaml:"title"`
	Provider string   `yaml:"provider"`
	Differs  []string `yaml:"differs"`
	Models   []choice `yaml:"models"`
}

// choice is a model to take, as selection.yaml explains it.
type choice struct {
	ID        string   `yaml:"id"`
	Model     string   `yaml:"model"`
	Aliases   []string `yaml:"aliases"`
	Embedding bool     `yaml:"embedding"`
	Input     string   `yaml:"input"`
}

// name is what the model is called in the table.
func (c choice) name() string { return cmp.Or(c.Model, c.ID) }

// list is one part of the table.
type list struct {
	title  string
	models []priced
}

// priced is a model with its prices.
type priced struct {
	choice
	prices
}

func readSelection(data []byte) ([]group, error) {
	var selection struct {
		Groups []group `yaml:"groups"`
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&selection); err != nil {
		return nil, fmt.Errorf("read the selection: %w", err)
	}
	return selection.Groups, nil
}

// choose prices what the groups select. The error names everything that is wrong.
func choose(groups []group, from map[string]provider, day time.Time) ([]list, error) {
	var lists []list
	var wrong []error
	for _, g := range groups {
		seller, ok := from[g.Provider]
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s: provider %q is not in the data", g.Title, g.Provider))
			continue
		}
		part := list{title: g.Title}
		for _, c := range g.Models {
			found, err := c.price(seller, day)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %s: %w", g.Title, c.name(), err))
				continue
			}
			part.models = append(part.models, priced{choice: c, prices: found})
		}
		wrong = append(wrong, clashes(part, seller, g.Differs, day)...)
		lists = append(lists, part)
	}
	return lists, errors.Join(wrong...)
}

// price is what the choice costs at seller, on a day.
func (c choice) price(seller provider, day time.Time) (prices, error) {
	if c.ID == "" {
		return prices{Input: amount(c.Input)}, nil
	}
	i := slices.IndexFunc(seller.Models, func(m model) bool { return m.ID == c.ID })
	if i < 0 {
		return prices{}, fmt.Errorf("%q is not in the data", c.ID)
	}
	found, err := seller.Models[i].Prices.on(day)
	if err != nil {
		return prices{}, err
	}
	if found.Input == "" {
		return prices{}, errors.New("the data have no price for input")
	}
	return found.of(c), nil
}

// of are the prices as the choice has them.
func (p prices) of(c choice) prices {
	if c.Embedding {
		p.Output = ""
	}
	return p
}

// clashes are the spellings of seller that would be priced as a model of the part,
// although they cost something else, except those that are said to differ.
func clashes(part list, seller provider, differs []string, day time.Time) []error {
	byName := map[string]priced{}
	for _, m := range part.models {
		for _, name := range append([]string{m.name()}, m.Aliases...) {
			byName[pricing.Normalise(name)] = m
		}
	}
	var found []error
	for _, m := range seller.Models {
		costs, err := m.Prices.on(day)
		if err != nil {
			continue // a model that is not selected may have prices that are not understood
		}
		for _, spelling := range m.Match.spellings() {
			as, ok := byName[pricing.Normalise(spelling)]
			if ok && as.prices != costs.of(as.choice) && !slices.Contains(differs, spelling) {
				found = append(found, fmt.Errorf("%s: %q costs %+v, but would be priced as %q at %+v",
					part.title, spelling, costs, as.name(), as.prices))
			}
		}
	}
	return found
}
