package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// provider is one seller of models in the price data.
type provider struct {
	ID     string  `json:"id"`
	Models []model `json:"models"`
}

// model is one model that a provider sells.
type model struct {
	ID     string `json:"id"`
	Match  clause `json:"match"`
	Prices dated  `json:"prices"`
}

// clause says which spellings are this model. Only those that it names literally
// are read: patterns can be checked against nothing.
type clause struct {
	Or     []clause `json:"or"`
	Equals string   `json:"equals"`
}

// spellings are all that the clause names literally.
func (c clause) spellings() []string {
	var names []string
	if c.Equals != "" {
		names = append(names, c.Equals)
	}
	for _, part := range c.Or {
		names = append(names, part.spellings()...)
	}
	return names
}

// prices are in US dollars for a million tokens; empty when there is none.
type prices struct {
	Input  amount `json:"input_mtok"`
	Cached amount `json:"cache_read_mtok"`
	Output amount `json:"output_mtok"`
}

// amount is a decimal number, in the digits of the data.
type amount string

// UnmarshalJSON reads a number, or the first of tiers: that of short prompts.
func (a *amount) UnmarshalJSON(data []byte) error {
	var tiers struct {
		Base json.Number `json:"base"`
	}
	if err := json.Unmarshal(data, &tiers); err == nil {
		*a = amount(tiers.Base)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return fmt.Errorf("read a price: %w", err)
	}
	*a = amount(number)
	return nil
}

// dated are the prices of a model, of which the last one that holds is valid.
type dated []conditional

type conditional struct {
	Constraint constraint `json:"constraint"`
	Prices     prices     `json:"prices"`
}

// constraint is when prices hold: always, from a day on, or at a time of day in UTC.
type constraint struct {
	Type  string `json:"type"`
	Day   string `json:"start_date"`
	Start string `json:"start_time"`
	End   string `json:"end_time"`
}

// UnmarshalJSON reads a list of conditional prices, or prices that always hold.
func (d *dated) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]conditional)(d))
	}
	*d = make(dated, 1)
	return json.Unmarshal(data, &(*d)[0].Prices)
}

// on are the prices that hold for most minutes of a day: the table of the operator
// does not know the time.
func (d dated) on(day time.Time) (prices, error) {
	minutes := make([]int, len(d))
	most := -1
	for minute := range 24 * 60 {
		valid, err := d.at(day.Add(time.Duration(minute) * time.Minute))
		if err != nil {
			return prices{}, err
		}
		if valid < 0 {
			continue
		}
		minutes[valid]++
		if most < 0 || minutes[valid] > minutes[most] {
			most = valid
		}
	}
	if most < 0 {
		return prices{}, fmt.Errorf("no price holds on %s", day.Format(time.DateOnly))
	}
	return d[most].Prices, nil
}

// at is the index of the prices that hold at t, -1 when there are none.
func (d dated) at(t time.Time) (int, error) {
	valid := -1
	for i, p := range d {
		ok, err := p.Constraint.holds(t)
		if err != nil {
			return 0, err
		}
		if ok {
			valid = i
		}
	}
	return valid, nil
}

func (c constraint) holds(t time.Time) (bool, error) {
	switch c.Type {
	case "":
		return true, nil
	case "start_date":
		return t.Format(time.DateOnly) >= c.Day, nil
	case "time_of_date":
		clock := t.Format("15:04:05Z")
		if c.Start <= c.End {
			return c.Start <= clock && clock < c.End, nil
		}
		return c.Start <= clock || clock < c.End, nil
	}
	return false, fmt.Errorf("constraint %q is unknown", c.Type)
}

// readProviders returns the providers of the price data by their ids.
func readProviders(data []byte) (map[string]provider, error) {
	var list []provider
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("read the price data: %w", err)
	}
	byID := map[string]provider{}
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID, nil
}
