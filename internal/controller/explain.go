package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// inventoryOf knows the Services and pods of a namespace.
type inventoryOf interface {
	Of(namespace string) (discovery.Inventory, bool)
	Err(namespace string) error
}

// explainer says which components are not scraped as they should be, and why.
type explainer struct {
	inventory inventoryOf
	// engine is the embedded source; nil without one.
	engine       *embedded.Engine
	prometheuses *prometheuses
}

// knows says whether the Services and pods of a namespace were read, or cannot be. When the
// operator starts and stops they are not known.
func (e *explainer) knows(namespace string) bool {
	_, ok := e.inventory.Of(namespace)
	return ok || e.inventory.Err(namespace) != nil
}

// embeddedProblems are those of components that the operator scrapes itself.
func (e *explainer) embeddedProblems(m model.Monitor) []v1alpha1.TargetProblem {
	wrong := e.engine.ProblemsOf(embedded.Key{Namespace: m.Namespace, Name: m.Name})
	var out []v1alpha1.TargetProblem
	for _, c := range m.Components {
		if p := e.embeddedProblem(m.Namespace, c, wrong.Components[c.Name]); p != nil {
			out = append(out, named(c, p))
		}
	}
	return out
}

// unevaluated are the rules that the embedded source leaves out, and those that failed,
// sorted, each once.
func (e *explainer) unevaluated(rm *v1alpha1.RAGMonitor) (leftOut int, failing []string) {
	if e.engine == nil {
		return 0, nil
	}
	wrong := e.engine.ProblemsOf(embedded.Key{Namespace: rm.Namespace, Name: rm.Name})
	for _, p := range wrong.Failing {
		failing = append(failing, p.Rule)
	}
	slices.Sort(failing)
	return len(wrong.LeftOut), slices.Compact(failing)
}

func (e *explainer) embeddedProblem(namespace string, c model.Component, wrong *embedded.ComponentProblems) *discovery.Problem {
	if p := discovery.NotCollected(c); p != nil {
		return p
	}
	if p, _ := e.discovered(namespace, c); p != nil {
		return p
	}
	switch {
	case wrong == nil:
		return nil
	case wrong.NotScraped != "":
		return &discovery.Problem{Reason: v1alpha1.TargetLimitReached, Message: sentence(wrong.NotScraped)}
	case len(wrong.Down) > 0:
		return down(wrong.Down)
	default:
		return nil
	}
}

// limits are the reasons of scrapes that one of our limits refused.
var limits = []embedded.Reason{
	embedded.ReasonSampleLimit, embedded.ReasonLabelLimit, embedded.ReasonTargetLimit, embedded.ReasonSeriesLimit,
	embedded.ReasonMetadataLimit, embedded.ReasonBodySize,
}

// down tells of the target that has been down for longest, which says most.
func down(targets []embedded.DownTarget) *discovery.Problem {
	first := slices.MinFunc(targets, func(a, b embedded.DownTarget) int { return a.Since.Compare(b.Since) })
	message := fmt.Sprintf("%s: %s", first.Address, first.Message)
	if n := len(targets); n > 1 {
		message = fmt.Sprintf("%d targets are down; %s", n, message)
	}
	reason := v1alpha1.TargetDown
	if slices.Contains(limits, first.Reason) {
		reason = v1alpha1.TargetLimitReached
	}
	return &discovery.Problem{Reason: reason, Message: sentence(message)}
}

// prometheusProblems are those of the components of which a Prometheus knows no
// target, or some that are down. An error is of what is then said in general words, or as
// it was.
func (e *explainer) prometheusProblems(ctx context.Context, m model.Monitor, r health.Readings) ([]v1alpha1.TargetProblem, error) {
	var out []v1alpha1.TargetProblem
	var errs []error
	for _, c := range m.Components {
		switch {
		case slices.Contains(r.Unseen, c.Name):
			p, err := e.unseen(ctx, m, c)
			errs = append(errs, err)
			if p != nil {
				out = append(out, named(c, p))
			}
		case slices.Contains(r.Down, c.Name):
			out = append(out, named(c, downElsewhere(c)))
		}
	}
	return out, errors.Join(errs...)
}

func downElsewhere(c model.Component) *discovery.Problem {
	p := &discovery.Problem{Reason: v1alpha1.TargetDown, Message: "Targets do not answer their scrapes: the page Targets of Prometheus says how."}
	if c.Existing != nil {
		p.Message = "Its series were there, and no sample arrived lately: look at who collects them."
	}
	return p
}

// unseen says why a Prometheus knows no target of a component; nil while that is not
// known. What our own objects select comes first, then who selects them.
func (e *explainer) unseen(ctx context.Context, m model.Monitor, c model.Component) (*discovery.Problem, error) {
	if c.Existing != nil {
		return &discovery.Problem{
			Reason:  v1alpha1.TargetUnseen,
			Message: "No series has the labels of existing.matchLabels and this namespace: check them against what the metric source has.",
		}, nil
	}
	p, known := e.discovered(m.Namespace, c)
	if p != nil || !known {
		return p, nil
	}
	p, err := e.prometheuses.problem(ctx, m.Namespace, m.Name)
	if p == nil {
		p = &discovery.Problem{
			Reason:  v1alpha1.TargetUnseen,
			Message: "Pods with the port are there, and the metric source knows no target of them: look for the ServiceMonitor on the page Targets of Prometheus.",
		}
	}
	return p, err
}

// discovered is the problem that Services and pods have, nil without one; false while
// they are not known.
func (e *explainer) discovered(namespace string, c model.Component) (*discovery.Problem, bool) {
	if err := e.inventory.Err(namespace); err != nil {
		return &discovery.Problem{
			Reason:  v1alpha1.TargetUnseen,
			Message: "The operator cannot read the Services and pods of this namespace; its log says why.",
		}, true
	}
	known, ok := e.inventory.Of(namespace)
	if !ok {
		return nil, false
	}
	_, p := discovery.Targets(c, known)
	return p, true
}

func named(c model.Component, p *discovery.Problem) v1alpha1.TargetProblem {
	return v1alpha1.TargetProblem{Component: c.Name, Reason: p.Reason, Message: p.Message}
}

// longestProblem is what the API takes, in bytes at least.
const longestProblem = 250

func sentence(text string) string {
	text = strings.ToUpper(text[:1]) + text[1:]
	if len(text) > longestProblem {
		return strings.ToValidUTF8(text[:longestProblem], "") + "…"
	}
	return strings.TrimSuffix(text, ".") + "."
}
