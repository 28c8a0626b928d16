package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sellers are price data of two providers, as the package hands them out.
const sellers = `[
	{"id": "maker", "models": [
		{"id": "chat", "match": {"or": [{"equals": "chat"}, {"equals": "chat-2026-01-01"}, {"starts_with": "cha"}]},
		 "prices": {"input_mtok": {"base": 1.5, "tiers": [{"start": 1000, "price": 3}]}, "cache_read_mtok": 2e-3, "output_mtok": 6, "web_searches_kcount": 10}},
		{"id": "chat-old", "match": {"equals": "chat-2025-01-01"}, "prices": {"input_mtok": 5, "output_mtok": 15}},
		{"id": "embed:1", "match": {"equals": "embed"}, "prices": {"input_mtok": 0.1, "output_mtok": 0.1}},
		{"id": "pages", "match": {"equals": "pages"}, "prices": {"input_document_kpages": 1}},
		{"id": "free", "match": {"equals": "free"}, "prices": {}},
		{"id": "moon", "match": {"equals": "moon"}, "prices": [{"constraint": {"type": "moon"}, "prices": {"input_mtok": 1}}]},
		{"id": "later", "match": {"equals": "later"}, "prices": [{"constraint": {"type": "start_date", "start_date": "2027-01-01"}, "prices": {"input_mtok": 1}}]}
	]}]`

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func TestGenerateWritesTheTable(t *testing.T) {
	selection := `
groups:
  - title: Maker
    provider: maker
    differs: [chat-2025-01-01]
    models:
      - {id: chat, aliases: [chat-0101]}
      - {id: "embed:1", model: embed, embedding: true}
  - title: More of Maker
    provider: maker
    models:
      - {model: by-hand, input: "0.02"}
`
	want := `asOf: 2026-11-01
source: list prices, genai-prices 1.2.3 of 2026-11-01
unit: 1000000
models:

  # Maker
  - {model: chat, aliases: [chat-0101], input: "1.50", output: "6.00", cachedInput: "0.002"}
  - {model: embed, input: "0.10"}

  # More of Maker
  - {model: by-hand, input: "0.02"} # by hand
`
	table, err := generate([]byte(sellers), []byte(selection), "1.2.3", day)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(table), "asOf:")
	if diff := cmp.Diff(want, "asOf:"+rest); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	for _, part := range []string{"as of 2026-11-01", "@pydantic/genai-prices 1.2.3", "MIT License"} {
		if !strings.Contains(head, part) {
			t.Errorf("head does not hold %q:\n%s", part, head)
		}
	}
}

func TestGenerateRefusesToLeaveOut(t *testing.T) {
	for name, tc := range map[string]struct {
		provider, models string
		want             string
	}{
		"a provider that is gone":        {"gone", "[{id: chat}]", `provider "gone" is not in the data`},
		"a model that is gone":           {"maker", "[{id: gone}]", `Maker: gone: "gone" is not in the data`},
		"a model without price":          {"maker", "[{id: free}]", "Maker: free: the data have no price for input"},
		"a model with other prices":      {"maker", "[{id: pages}]", "Maker: pages: the data have no price for input"},
		"a model with a new rule":        {"maker", "[{id: moon}]", `Maker: moon: constraint "moon" is unknown`},
		"a model without price today":    {"maker", "[{id: later}]", "Maker: later: no price holds on 2026-11-01"},
		"a spelling of another price":    {"maker", "[{id: chat}]", `Maker: "chat-2025-01-01" costs {Input:5 Cached: Output:15}, but would be priced as "chat"`},
		"a model twice":                  {"maker", "[{id: 'embed:1', model: embed}, {id: 'embed:1', model: openai/embed}]", `model "openai/embed" is priced as "embed"`},
		"a field that does not exist":    {"maker", "[{id: chat, named: x}]", "field named not found"},
		"a price by hand that is none":   {"maker", "[{model: x, input: cheap}]", `x: price "cheap" is no number`},
		"more decimals than are written": {"maker", "[{model: x, input: '0.0000000000001'}]", "has more than 12 decimals"},
	} {
		t.Run(name, func(t *testing.T) {
			selection := "groups: [{title: Maker, provider: " + tc.provider + ", models: " + tc.models + "}]"
			_, err := generate([]byte(sellers), []byte(selection), "1.2.3", day)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is\n%v\nmust hold\n%s", err, tc.want)
			}
		})
	}
}

func TestPricesAreThoseOfMostOfTheDay(t *testing.T) {
	always := conditional{Prices: prices{Input: "1"}}
	from := func(day string) conditional {
		return conditional{Constraint: constraint{Type: "start_date", Day: day}, Prices: prices{Input: "2"}}
	}
	between := func(start, end string) conditional {
		return conditional{Constraint: constraint{Type: "time_of_date", Start: start, End: end}, Prices: prices{Input: "3"}}
	}
	for name, tc := range map[string]struct {
		prices dated
		want   amount
	}{
		"prices that always hold":           {dated{always}, "1"},
		"from that very day":                {dated{always, from("2026-11-01")}, "2"},
		"from the next day":                 {dated{always, from("2026-11-02")}, "1"},
		"the last of those that hold":       {dated{from("2026-01-01"), always}, "1"},
		"a short time of the day":           {dated{always, between("01:00:00Z", "12:59:00Z")}, "1"},
		"a long time of the day":            {dated{always, between("01:00:00Z", "13:01:00Z")}, "3"},
		"a long time that is over midnight": {dated{always, between("13:00:00Z", "02:00:00Z")}, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.prices.on(day)
			if err != nil || got.Input != tc.want {
				t.Errorf("price %q, %v, want %q", got.Input, err, tc.want)
			}
		})
	}
}

func TestSelectionStillMakesTheTable(t *testing.T) {
	groups, err := readSelection(selected)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../../internal/pricing/prices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, c := range g.Models {
			if !strings.Contains(string(table), "{model: "+c.name()+",") {
				t.Errorf("%s is selected, but not in the table: run hack/prices/fetch.sh", c.name())
			}
		}
	}
}

func TestRunSaysWhatItNeeds(t *testing.T) {
	data := t.TempDir() + "/data.json"
	if err := os.WriteFile(data, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ data, version, asOf, want string }{
		"no version":   {data, "", "2026-11-01", "-version is missing"},
		"no day":       {data, "1.2.3", "", "read -as-of"},
		"no data":      {data + "x", "1.2.3", "2026-11-01", "read the price data"},
		"no providers": {data, "1.2.3", "2026-11-01", `provider "openai" is not in the data`},
	} {
		t.Run(name, func(t *testing.T) {
			output := t.TempDir() + "/prices.yaml"
			err := run(tc.data, tc.version, tc.asOf, output)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, must hold %q", err, tc.want)
			}
			if _, err := os.Stat(output); err == nil {
				t.Error("a table was written")
			}
		})
	}
}
