package main

import (
	"flag"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// anyFreePort is where a vocabulary is served unless --listen says otherwise.
const anyFreePort = "127.0.0.1:0"

type options struct {
	// listen has one address for each of sim.Vocabularies.
	listen      []string
	addressFile string
	sim         sim.Config
}

// list is a flag that is repeated, or given several values with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *list) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

func parse(args []string) (options, error) {
	var o options
	var vocabularies, listen list
	var rate float64
	var seed uint64
	var prompts int
	var faults sim.Faults
	defaults := sim.DefaultConfig()
	flags := flag.NewFlagSet("ragsim", flag.ContinueOnError)
	flags.Var(&listen, "listen", "`address` to serve HTTP on, one for each vocabulary; port 0 takes a free one (default "+anyFreePort+")")
	flags.StringVar(&o.addressFile, "address-file", "", "`file` to write host:port to, once listening; with several vocabularies a line \"name host:port\" for each")
	flags.Float64Var(&rate, "rate", defaults.Rate, "own traffic in `requests per second`; 0 for none")
	flags.Uint64Var(&seed, "seed", defaults.Seed, "`number` that makes the traffic repeatable")
	flags.IntVar(&prompts, "prompts", defaults.Prompts, "`number` of prompts, each a value of prompt_id in promptpilot; 1 or above")
	flags.Func("faults", "`JSON` of what is broken from the beginning, like {\"errorRatio\": 0.2}", func(text string) (err error) {
		faults, err = sim.ParseFaults([]byte(text))
		return err
	})
	flags.Var(&vocabularies, "vocabulary", "`names` of the metrics, one or more of "+strings.Join(sim.Vocabularies(), ", ")+" (default "+sim.VocabularyRAG+")")
	if err := flags.Parse(args); err != nil {
		return options{}, fmt.Errorf("read flags: %w", err)
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("read flags: unexpected %q: write flags only", flags.Args())
	}
	if len(vocabularies) == 0 {
		vocabularies = defaults.Vocabularies
	}
	cfg, err := sim.ConfigFor(vocabularies...)
	if err != nil {
		return options{}, fmt.Errorf("read flags: %w", err)
	}
	cfg.Rate, cfg.Seed, cfg.Logger = rate, seed, slog.Default()
	cfg.Prompts, cfg.Faults = prompts, faults
	o.sim = cfg
	o.listen, err = addresses(listen, len(vocabularies))
	return o, err
}

// addresses are one for each vocabulary. Where some are given, none is guessed:
// a vocabulary on loopback is no use to a scraper elsewhere.
func addresses(listen []string, vocabularies int) ([]string, error) {
	if len(listen) == 0 {
		for range vocabularies {
			listen = append(listen, anyFreePort)
		}
	}
	if len(listen) != vocabularies {
		return nil, fmt.Errorf("read flags: --listen has %d addresses for %d vocabularies: write one for each", len(listen), vocabularies)
	}
	return listen, nil
}
