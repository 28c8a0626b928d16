package pricing

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// head is a table to which models are written, from line 4 on.
const head = "asOf: 2026-11-01\nsource: us\nmodels:\n"

func TestParseReadsPrices(t *testing.T) {
	file := `asOf: 2026-11-01
source: contract
unit: 1000
models:
  - {model: openai/gpt-4o-2024-08-06, aliases: [azure/chat], input: "0.0025", output: 0.01, cachedInput: "0.00125"}
  - {model: embedder, input: "0.0001"}
  - {model: ours, free: true}
  - {model: "o'ur \"s\" \\ {}", input: "0.0", free: true}
  - {model: theirs, input: &all "0.001", free: false}
  - {model: last, input: *all, free: "false"}
`
	want := Table{
		AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Source: "contract",
		Models: []Model{
			{Name: "embedder", Input: 1e-7, CachedInput: 1e-7},
			{Name: "gpt-4o", Aliases: []string{"chat"}, Input: 2.5e-6, CachedInput: 1.25e-6, Output: 1e-5, HasOutput: true},
			{Name: "last", Input: 1e-6, CachedInput: 1e-6},
			{Name: `o'ur "s" \ {}`, HasOutput: true, Free: true},
			{Name: "ours", HasOutput: true, Free: true},
			{Name: "theirs", Input: 1e-6, CachedInput: 1e-6},
		},
	}
	got, err := Parse("prices.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestParseComputesExactlyInEveryUnit(t *testing.T) {
	for unit, price := range map[string]string{"1": "0.00000015", "1000": "0.00015", "1000000": "0.15"} {
		table, err := Parse("prices.yaml", []byte(head+"  - {model: a, input: \""+price+"\"}\nunit: "+unit+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Models[0].Input; got != 1.5e-7 {
			t.Errorf("%s in units of %s is %g a token", price, unit, got)
		}
	}
}

func TestParseNamesFileLineAndWhatToWrite(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		want string
	}{
		"nothing": {file: "", want: "prices.yaml:1: the file is empty: write asOf, source and models"},
		"not YAML at all": {
			file: "models: [x\n",
			want: "prices.yaml: yaml: line 1",
		},
		"two documents": {
			file: head + "  - {model: a, input: 1}\n---\nmodels: []\n",
			want: "prices.yaml:5: a second document begins: write one price table in a file",
		},
		"something else than fields": {
			file: "- gpt-4o\n",
			want: "prices.yaml:1: the price table is a list of 1, must have the fields asOf, source, unit, models",
		},
		"a field that does not exist": {
			file: head + "  - {model: a, input: 1}\nunits: 1000\n",
			want: `prices.yaml:5: field "units" of the price table is unknown, must be one of asOf, source, unit, models`,
		},
		"a field of a model that does not exist": {
			file: head + "  - model: a\n    input: 1\n    outputs: 2\n",
			want: `prices.yaml:6: field "outputs" of a model is unknown, must be one of model, aliases, input, output, cachedInput, free`,
		},
		"a field twice": {
			file: head + "  - model: a\n    input: 1\n    input: 2\n",
			want: `prices.yaml:6: field "input" of a model is written twice: remove one`,
		},
		"no date": {
			file: "source: us\nmodels: [{model: a, input: 1}]\n",
			want: "prices.yaml:1: asOf is missing: write the day of the prices, such as 2026-11-01",
		},
		"a date that is none": {
			file: "asOf: 2026-02-30\nsource: us\nmodels: [{model: a, input: 1}]\n",
			want: `prices.yaml:1: asOf is "2026-02-30", must be the day of the prices, such as 2026-11-01`,
		},
		"no source": {
			file: "asOf: 2026-11-01\nmodels: [{model: a, input: 1}]\n",
			want: "prices.yaml:1: source is missing: write where the prices are from",
		},
		"an empty source": {
			file: "asOf: 2026-11-01\nsource:\nmodels: [{model: a, input: 1}]\n",
			want: "prices.yaml:2: source is empty, must be a text of 1 to 256 characters",
		},
		"a unit that nobody has": {
			file: head + "  - {model: a, input: 1}\nunit: 100\n",
			want: `prices.yaml:5: unit is "100", must be the number of tokens that the prices are for: 1, 1000 or 1000000`,
		},
		"no models": {
			file: "asOf: 2026-11-01\nsource: us\n",
			want: "prices.yaml:1: models is missing: write a list of models, each with model and input",
		},
		"an empty list of models": {
			file: "asOf: 2026-11-01\nsource: us\nmodels: []\n",
			want: "prices.yaml:3: models is a list of 0, must be a list of models",
		},
		"too many models": {
			file: head + strings.Repeat("  - {model: a, input: 1}\n", maxModels+1),
			want: "prices.yaml:4: models has 401 entries, must have 400 at most",
		},
		"a model that is only a name": {
			file: head + "  - gpt-4o\n",
			want: `prices.yaml:4: a model is "gpt-4o", must have the fields model, aliases, input, output, cachedInput, free`,
		},
		"a model without a name": {
			file: head + "  - {input: 1}\n",
			want: "prices.yaml:4: model is missing: write the name of a model, such as gpt-4o",
		},
		"a name with a control character": {
			file: head + "  - {model: \"a\\tb\", input: 1}\n",
			want: `prices.yaml:4: model is "a\tb", must be a name of 1 to 128 characters without control characters`,
		},
		"a name that is too long": {
			file: head + "  - {model: " + strings.Repeat("x", 129) + ", input: 1}\n",
			want: `prices.yaml:4: model is "` + strings.Repeat("x", 64) + `"..., must be a name of 1 to 128 characters`,
		},
		"an alias without a name": {
			file: head + "  - {model: a, aliases: [\"\"], input: 1}\n",
			want: `prices.yaml:4: alias is "", must be a name of 1 to 128 characters`,
		},
		"aliases that are no list": {
			file: head + "  - {model: a, aliases: b, input: 1}\n",
			want: `prices.yaml:4: aliases of "a" is "b", must be a list of 32 names at most`,
		},
		"too many aliases": {
			file: head + "  - {model: a, input: 1, aliases: [" + strings.Repeat("b, ", 33) + "]}\n",
			want: `prices.yaml:4: aliases of "a" is a list of 33, must be a list of 32 names at most`,
		},
		"the same model twice": {
			file: head + "  - {model: gpt-4o, input: 1}\n  - {model: azure/gpt-4o-2024-08-06, input: 1}\n",
			want: `prices.yaml:5: model "azure/gpt-4o-2024-08-06" is priced as "gpt-4o", which stands in line 4 already: remove one of them`,
		},
		"an alias that is a model": {
			file: head + "  - {model: a, input: 1}\n  - {model: b, aliases: [openai/a], input: 1}\n",
			want: `prices.yaml:5: alias "openai/a" is priced as "a", which stands in line 4 already`,
		},
		"no price": {
			file: head + "  - {model: a, output: 1}\n",
			want: `prices.yaml:4: input of "a" is missing: write US dollars, such as "2.50", or free: true`,
		},
		"a price of nothing": {
			file: head + "  - {model: a, input: \"0.00\"}\n",
			want: `prices.yaml:4: input of "a" is "0.00": write free: true if the model costs nothing`,
		},
		"an output of nothing": {
			file: head + "  - {model: a, input: 1, output: 0}\n",
			want: `prices.yaml:4: output of "a" is "0": write free: true if the model costs nothing, or remove output`,
		},
		"a cached input of nothing": {
			file: head + "  - {model: a, input: 1, cachedInput: 0}\n",
			want: `prices.yaml:4: cachedInput of "a" is "0": write free: true if the model costs nothing, or remove cachedInput`,
		},
		"a price that is written but empty": {
			file: head + "  - model: a\n    input: 1\n    output:\n",
			want: `prices.yaml:6: output of "a" is empty, must be US dollars in digits, such as "2.50"`,
		},
		"a negative price": {
			file: head + "  - {model: a, input: -1}\n",
			want: `prices.yaml:4: input of "a" is "-1", must be US dollars in digits`,
		},
		"a price with an exponent": {
			file: head + "  - {model: a, input: 1e-6}\nunit: 1\n",
			want: `prices.yaml:4: input of "a" is "1e-6", must be US dollars in digits`,
		},
		"a price with a currency": {
			file: head + "  - {model: a, input: $2.50}\n",
			want: `prices.yaml:4: input of "a" is "$2.50", must be US dollars in digits`,
		},
		"a price that is infinite": {
			file: head + "  - {model: a, input: .inf}\n",
			want: `prices.yaml:4: input of "a" is ".inf", must be US dollars in digits`,
		},
		"a price per million in a table per token": {
			file: head + "  - {model: a, input: \"2.50\"}\nunit: 1\n",
			want: `prices.yaml:4: input of "a" is "2.50" for 1 tokens, hence 2.5e+06 US dollars for 1000000: must be 0.0001 to 10000 there, check unit`,
		},
		"a price per token in a table per million": {
			file: head + "  - {model: a, input: \"0.0000025\"}\n",
			want: `prices.yaml:4: input of "a" is "0.0000025" for 1000000 tokens, hence 2.5e-06 US dollars for 1000000`,
		},
		"a free model with a price": {
			file: head + "  - {model: a, input: 1, free: true}\n",
			want: `prices.yaml:4: input of "a" is "1", but free is true: remove one of them`,
		},
		"free that is a word": {
			file: head + "  - {model: a, free: yes}\n",
			want: `prices.yaml:4: free of "a" is "yes", must be true or false`,
		},
		"a wrong price behind an anchor": {
			file: head + "  - {model: a, input: &p 1}\n  - {model: b, input: *p, output: &q -1}\n  - {model: c, input: *q}\n",
			want: `input of "c" is "-1"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := Parse("prices.yaml", []byte(tc.file))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is\n%v\nmust hold\n%s", err, tc.want)
			}
			if diff := cmp.Diff(Table{}, table); diff != "" {
				t.Errorf("table beside an error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseReportsEverythingAtOnce(t *testing.T) {
	_, err := Parse("prices.yaml", []byte("asOf: soon\nunit: 2\nmodels:\n  - {model: a, input: x, output: y}\n  - {model: a}\n"))
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		"prices.yaml:1: asOf is",
		"prices.yaml:1: source is missing",
		"prices.yaml:2: unit is",
		`prices.yaml:5: model "a" is priced as "a"`,
		`prices.yaml:4: input of "a" is "x"`,
		`prices.yaml:4: output of "a" is "y"`,
		`prices.yaml:5: input of "a" is missing`,
	}
	for _, line := range want {
		if !strings.Contains(err.Error(), line) {
			t.Errorf("error does not hold %q:\n%v", line, err)
		}
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != len(want) {
		t.Errorf("%d errors, want %d:\n%v", got, len(want), err)
	}
}

func TestParseTakesAsManyModelsAsItMay(t *testing.T) {
	var file strings.Builder
	file.WriteString(head)
	for i := range maxModels {
		fmt.Fprintf(&file, "  - {model: m%d, input: 1}\n", i)
	}
	table, err := Parse("prices.yaml", []byte(file.String()))
	if err != nil || len(table.Models) != maxModels {
		t.Errorf("%d models, %v", len(table.Models), err)
	}
}

func FuzzParse(f *testing.F) {
	base, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(head + "  - {model: gpt-4o, input: \"2.50\", output: \"10.00\", cachedInput: \"1.25\"} # a\n"))
	f.Add([]byte(head + "  - {model: a, aliases: [b, &x c], input: \"1\", output: 2.5, free: false}\n  - *x\n"))
	f.Add([]byte(head + "  - &m {model: a, free: true}\n  - <<: *m\n  - ? [a]\n    : !!binary aGk=\nunit: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Parse("prices.yaml", data)
		if err != nil {
			return
		}
		valid(t, table)
		valid(t, table.Over(base))
	})
}

// valid fails when a name occurs twice, or a price cannot be one.
func valid(t *testing.T, table Table) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range table.Models {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if seen[name] || name == "" || name != Normalise(name) {
				t.Errorf("name %q is empty, not normal, or there twice", name)
			}
			seen[name] = true
		}
		for _, price := range []float64{m.Input, m.CachedInput, m.Output} {
			if price < 0 || math.IsInf(price, 0) || math.IsNaN(price) {
				t.Errorf("price of %q is %g", m.Name, price)
			}
		}
		if m.Free != (m.Input == 0) || m.Free != (m.CachedInput == 0) || m.HasOutput && m.Free != (m.Output == 0) {
			t.Errorf("%+v costs nothing without being free, or is free at a price", m)
		}
	}
}
