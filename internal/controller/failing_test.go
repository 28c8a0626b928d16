package controller

import (
	"context"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
)

// TestARuleThatFailsIsNotHealthy: what its series said last is still there.
func TestARuleThatFailsIsNotHealthy(t *testing.T) {
	p := newPlay(t, "embedded", played(t, "bot"), measured("embedded", "bot"))
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)

	engine := p.judge.explainer.engine
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	engine.Update([]embedded.Monitor{{Namespace: "rag", Name: "bot", Groups: []rulefmt.RuleGroup{{
		Name: "recordings", Interval: promconfig.Duration(100 * time.Millisecond),
		Rules: []rulefmt.Rule{{
			Record: "ragmonitor:request_errors:rate", Labels: map[string]string{"a": "c"},
			Expr: `label_replace(vector(1), "a", "b", "", "") or vector(1)`,
		}},
	}}}})
	key := embedded.Key{Namespace: "rag", Name: "bot"}
	for deadline := time.Now().Add(patience); len(engine.ProblemsOf(key).Outdated) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("no rule fails")
		}
		time.Sleep(poll)
	}

	p.clock.SetTime(time.Now())
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)
	p.clock.SetTime(time.Now().Add(time.Hour))
	p.tick(t.Context())
	p.expect("bot", "Stale/RulesNotEvaluated", 1)
}
