package sim

import (
	"errors"
	"fmt"
)

// validate names every field that is wrong and says what to write instead.
func (c Config) validate() error {
	return errors.Join(
		checkVocabularies(c.Vocabularies),
		require(isAmount(c.Rate), "Rate", c.Rate, "write a finite number, 0 or above"),
		require(c.MaxInFlight >= 1, "MaxInFlight", c.MaxInFlight, "write 1 or above"),
		require(c.TimeScale > 0 && isAmount(c.TimeScale), "TimeScale", c.TimeScale, "write a finite number above 0"),
		require(isRatio(c.CacheHitRatio), "CacheHitRatio", c.CacheHitRatio, "write a number from 0 to 1"),
		require(c.ProviderBudget > 0 && isAmount(c.ProviderBudget), "ProviderBudget", c.ProviderBudget, "write a finite number above 0"),
		require(c.Prompts >= 1, "Prompts", c.Prompts, "write 1 or above"),
		require(c.Pipelines >= 0, "Pipelines", c.Pipelines, "write 0 or above"),
		require(c.Users >= 1, "Users", c.Users, "write 1 or above"),
		named("Overhead", c.Overhead.validate()),
		named("InputTokens", c.InputTokens.validate()),
		named("OutputTokens", c.OutputTokens.validate()),
		named("Relevance", c.Relevance.validate()),
		named("ContextPrecision", c.ContextPrecision.validate()),
		named("Host: CPU", c.Host.CPU.validate()),
		named("Host: Memory", c.Host.Memory.validate()),
		named("Host: Disk", c.Host.Disk.validate()),
		named("Faults", c.Faults.validate(c)),
		c.validateStages(),
		c.validateTools(),
		c.validateModels(),
		c.validateEndpoints(),
	)
}

func (c Config) validateStages() error {
	errs := []error{require(len(c.Stages) > 0, "Stages", len(c.Stages), "write at least one")}
	seen := map[string]bool{}
	for _, s := range c.Stages {
		errs = append(errs,
			require(s.Name != "" && !seen[s.Name], "Stages: name", s.Name, "write a name that no other stage has"),
			named("Stages: "+s.Name, s.Seconds.validate()),
			named("Stages: "+s.Name, s.validateCaches()))
		seen[s.Name] = true
	}
	return errors.Join(errs...)
}

func (s Stage) validateCaches() error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range s.Caches {
		errs = append(errs,
			require(c.Type != "" && !seen[c.Type], "Caches: Type", c.Type, "write a type that no other cache of the stage has"),
			require(c.Speedup >= 1 && isAmount(c.Speedup), "Caches: Speedup", c.Speedup, "write a finite number from 1"))
		seen[c.Type] = true
	}
	return errors.Join(errs...)
}

func (c Config) validateTools() error {
	var errs []error
	seen := map[string]bool{}
	for _, t := range c.Tools {
		errs = append(errs,
			require(t.Name != "" && !seen[t.Name], "Tools: name", t.Name, "write a name that no other tool has"),
			require(isRatio(t.CallRatio), "Tools: CallRatio", t.CallRatio, "write a number from 0 to 1"),
			named("Tools: "+t.Name, t.Seconds.validate()))
		seen[t.Name] = true
	}
	return errors.Join(errs...)
}

func (c Config) validateModels() error {
	errs := []error{require(len(c.Models) > 0, "Models", len(c.Models), "write at least one")}
	for _, m := range c.Models {
		errs = append(errs,
			require(m.Share > 0 && isAmount(m.Share), "Models: Share", m.Share, "write a finite number above 0"),
			require(isAmount(m.InputUSD), "Models: InputUSD", m.InputUSD, "write a price of 0 or above"),
			require(isAmount(m.OutputUSD), "Models: OutputUSD", m.OutputUSD, "write a price of 0 or above"))
	}
	return errors.Join(errs...)
}

func (c Config) validateEndpoints() error {
	errs := []error{require(len(c.Endpoints) > 0, "Endpoints", len(c.Endpoints), "write at least one")}
	for _, e := range c.Endpoints {
		errs = append(errs,
			require(e.Method != "" && e.Path != "", "Endpoints", fmt.Sprintf("%q %q", e.Method, e.Path), "write a method and a path"),
			require(e.Share > 0 && isAmount(e.Share), "Endpoints: Share", e.Share, "write a finite number above 0"))
	}
	return errors.Join(errs...)
}

func require(ok bool, field string, value any, want string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s is %v: %s", field, value, want)
}

func named(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", field, err)
}
