package rules

import (
	"slices"
	"strings"
)

// Series describes a canonical series that code makes, because there are as many
// as a table of prices or a spec says.
type Series struct {
	// Record is the name of the series; what follows it in the names is in angle
	// brackets.
	Record string
	// Help says what the values mean; Unit is their unit.
	Help, Unit string
	// Labels besides namespace and ragmonitor.
	Labels []string
	// From are the signals or series that it is made from.
	From []string
}

// Derived are the canonical series that code makes.
var Derived = []Series{
	{Record: TokenPrice, Help: "Price of a token, from the table of prices.", Unit: "US dollars", Labels: []string{"direction", labelPricedModel}, From: nil},
	{Record: FastRequests, Help: "Requests that took no longer than the threshold of a latency SLO.", Unit: "requests per second", Labels: []string{labelComponent, labelThreshold}, From: []string{"requestDuration"}},
	{Record: SLORequests, Help: "Requests that an SLO counts, good or bad.", Unit: "requests per second", Labels: []string{labelSLO}, From: sloSignals},
	{Record: SLOBadRequests, Help: "Those of them that are bad: failed, or slower than the threshold.", Unit: "requests per second", Labels: []string{labelSLO}, From: sloSignals},
	{Record: SLOErrors + "<window>", Help: "Share of the requests of an SLO that were bad in the window; absent without requests.", Unit: "ratio, 0 to 1", Labels: []string{labelSLO}, From: sloSignals},
	{Record: BurnRate, Help: "How many times faster than allowed the error budget was spent in the last hour; absent without requests.", Unit: "times", Labels: []string{labelSLO}, From: sloSignals},
	{Record: BudgetRemaining, Help: "Share of the error budget that is left of the SLO's period; negative when it is overspent.", Unit: "ratio, up to 1", Labels: []string{labelSLO}, From: sloSignals},
	{Record: BudgetPeriod, Help: "A number that is the same throughout one period of the cost budget.", Unit: "days, weeks or months since 1970", From: costSeries},
	{Record: BudgetSpent, Help: "Money spent since the period of the cost budget began.", Unit: "US dollars", From: costSeries},
	{Record: BudgetForecast, Help: "Money that will have been spent when the period ends, if it goes on as it did lately.", Unit: "US dollars", From: costSeries},
	{Record: BudgetSpentRatio, Help: "Money spent in this period, as a share of the budget.", Unit: "ratio", From: costSeries},
	{Record: BudgetForecastRatio, Help: "Forecast for this period, as a share of the budget.", Unit: "ratio", From: costSeries},
	{Record: CostDay, Help: "A number that is the same throughout one day, in the time zone of the cost budget or in UTC.", Unit: "days since 1970", From: costSeries},
	{Record: CostTodaySum, Help: "Money spent since the day began, as far back as there are samples.", Unit: "US dollars", From: costSeries},
	{Record: CostMonth, Help: "A number that is the same throughout one month, in the same time zone.", Unit: "months since 1970", From: costSeries},
	{Record: CostMonthSum, Help: "Money spent since the month began, as far back as there are samples.", Unit: "US dollars", From: costSeries},
	{Record: StageBaseline, Help: "Median over the last day of the mean duration of a call of a stage; absent until there is half an hour to take it of.", Unit: "seconds", Labels: []string{labelComponent, labelStage}, From: []string{"ragmonitor:stage_duration_seconds:mean"}},
	{Record: RequestBaseline, Help: "Median over the last day of the mean duration of a request; absent until there is half an hour to take it of.", Unit: "seconds", Labels: []string{labelComponent}, From: []string{"ragmonitor:request_duration_seconds:mean"}},
	{Record: MissingInputs, Help: "1 for every alert that cannot fire because no component exposes a metric that it reads.", Unit: "1", Labels: []string{labelAlert, labelMetric}},
	{Record: BurnInCondition, Help: "1 while the condition of an alert in mode BurnIn holds, else 0.", Unit: "1", Labels: []string{labelAlert, labelStage, labelSLO, "long"}},
	{Record: BurnInFiring, Help: "1 while an alert in mode BurnIn would fire, else 0.", Unit: "1", Labels: []string{labelAlert, labelStage, labelSLO, "long"}},
	{Record: BurnInPages, Help: "How often an alert in mode BurnIn would have fired in the last 7 days.", Unit: "pages", Labels: []string{labelAlert}},
}

var (
	sloSignals = []string{"requestErrors", "requestDuration"}
	costSeries = []string{"ragmonitor:cost_usd:rate"}
)

func isDerived(name string) bool {
	return slices.ContainsFunc(Derived, func(s Series) bool { return s.is(name) })
}

// derivedFrom is what a series that code makes is made from.
func derivedFrom(name string) []string {
	if slices.Contains(burnNames, name) {
		return sloSignals
	}
	for _, s := range Derived {
		if s.is(name) {
			return s.From
		}
	}
	return nil
}

func (s Series) is(name string) bool {
	stem, _, windowed := strings.Cut(s.Record, "<")
	return name == s.Record || windowed && strings.HasPrefix(name, stem)
}
