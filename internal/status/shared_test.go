package status

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

var cmpEmpty = cmpopts.EquateEmpty()

// made is an outcome that has something to say in every list that both field
// managers write.
func made() Outcome {
	outcome := done()
	outcome.Rules = &rules.Rules{
		Unavailable: []rules.Unavailable{{Alert: "RAGKVCacheSaturated", Missing: "kvCacheUsage"}, {Alert: "RAGDiskHigh", Missing: "diskUsage"}},
		Thresholds:  map[string]rules.Bounds{"fast": {Low: 2.5, High: 2.5}, "nightly": {Low: 1, High: 2}},
	}
	return outcome
}

// shared is the status that both parts make together: lists are joined by key, as
// the API server joins them.
func shared(objects ObjectsPart, health HealthPart) v1alpha1.RAGMonitorStatus {
	s := saying(monitor(), health).Status
	s.ObservedGeneration, s.Components = objects.ObservedGeneration, objects.Components
	s.Conditions = slices.Concat(health.Conditions, objects.Conditions)
	s.UnavailableAlerts = slices.Concat(health.Unavailable, objects.Unavailable)
	s.Notifications = objects.Notifications
	s.SLOs = slices.Clone(health.SLOs)
	for _, slo := range objects.slos() {
		if i := slices.IndexFunc(s.SLOs, func(have v1alpha1.SLOReading) bool { return have.Name == slo.Name }); i >= 0 {
			s.SLOs[i].Threshold = slo.Threshold
			continue
		}
		s.SLOs = append(s.SLOs, slo)
	}
	return *s.DeepCopy()
}

// reversed has every list that both managers write in another order.
func reversed(s v1alpha1.RAGMonitorStatus) v1alpha1.RAGMonitorStatus {
	out := *s.DeepCopy()
	slices.Reverse(out.UnavailableAlerts)
	slices.Reverse(out.SLOs)
	slices.Reverse(out.Conditions)
	slices.Reverse(out.BurnIn)
	slices.Reverse(out.Notifications)
	return out
}

func TestBothPartsOfTheStatusStand(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, made(), earlier), Health(rm, seen(slow(), measured()), earlier))
	want := []v1alpha1.SLOReading{
		{Name: "availability", BudgetRemaining: "71%", BurnRate: "2.4x"},
		{Name: "nightly", BudgetRemaining: "-20%", Threshold: "1s-2s"},
		{Name: "fast", Threshold: "2.5s"},
	}
	if d := cmp.Diff(want, rm.Status.SLOs); d != "" {
		t.Fatalf("SLOs (-want +got):\n%s", d)
	}
	for name, status := range map[string]v1alpha1.RAGMonitorStatus{"as it was written": rm.Status, "in another order": reversed(rm.Status)} {
		t.Run(name, func(t *testing.T) {
			rm := rm.DeepCopy()
			rm.Status = status
			if objects := Objects(rm, made(), now); !objects.Same(status) {
				t.Errorf("the operator would write again (-now +then):\n%s", cmp.Diff(objectsPartOf(status), objects))
			}
			if health := Health(rm, seen(slow(), measured()), now); !health.Same(status) {
				t.Errorf("the aggregator would write again (-now +then):\n%s", cmp.Diff(healthPartOf(status), health))
			}
		})
	}
}

// TestEachPartSeesOnlyItsOwn: a change by one field manager is no reason for the
// other to write.
func TestEachPartSeesOnlyItsOwn(t *testing.T) {
	rm := watched()
	outcome := made()
	outcome.Notifications, outcome.Rules.Groups = notified().Notifications, notified().Rules.Groups
	objects, health := Objects(rm, outcome, earlier), Health(rm, seen(slow(), measured()), earlier)
	for name, tc := range map[string]struct {
		edit                  func(*v1alpha1.RAGMonitorStatus)
		objectsSame, partSame bool
	}{
		"another budget":            {func(s *v1alpha1.RAGMonitorStatus) { s.SLOs[0].BudgetRemaining = "1%" }, true, false},
		"no budget":                 {func(s *v1alpha1.RAGMonitorStatus) { s.SLOs[1].BudgetRemaining = "" }, true, false},
		"another threshold":         {func(s *v1alpha1.RAGMonitorStatus) { s.SLOs[1].Threshold = "9s" }, false, true},
		"no threshold":              {func(s *v1alpha1.RAGMonitorStatus) { s.SLOs[1].Threshold = "" }, false, true},
		"an SLO that went":          {func(s *v1alpha1.RAGMonitorStatus) { s.SLOs = s.SLOs[:1] }, false, false},
		"another metric is missing": {func(s *v1alpha1.RAGMonitorStatus) { s.UnavailableAlerts[0].Missing = "x" }, true, false},
		"another signal is missing": {func(s *v1alpha1.RAGMonitorStatus) { s.UnavailableAlerts[2].Missing = "x" }, false, true},
		"the other reason":          {func(s *v1alpha1.RAGMonitorStatus) { s.UnavailableAlerts[0].Reason = "NotInVocabulary" }, false, false},
		"another receiver":          {func(s *v1alpha1.RAGMonitorStatus) { s.Notifications[0].Receivers = "x" }, false, true},
		"other pages":               {func(s *v1alpha1.RAGMonitorStatus) { s.BurnIn[0].Pages = new(int32(99)) }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			status := shared(objects, health)
			tc.edit(&status)
			if got := objects.Same(status); got != tc.objectsSame {
				t.Errorf("for the operator it is the same: %t, want %t", got, tc.objectsSame)
			}
			if got := health.Same(status); got != tc.partSame {
				t.Errorf("for the aggregator it is the same: %t, want %t", got, tc.partSame)
			}
		})
	}
}

// TestAnAlertHasOneReason: an alert that no vocabulary feeds any more has samples of
// its missing metrics for some minutes yet.
func TestAnAlertHasOneReason(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, made(), earlier), Health(rm, seen(slow(), measured()), earlier))
	outcome := made()
	outcome.Rules.Unavailable = append(outcome.Rules.Unavailable, rules.Unavailable{Alert: "RAGRelevanceLow", Missing: "relevance"})
	objects := Objects(rm, outcome, now)
	rm.Status = shared(objects, Health(rm, seen(slow(), measured()), earlier))

	health := Health(rm, seen(slow(), measured()), now)
	if health.Same(rm.Status) {
		t.Error("the aggregator must take back what it said of the alert")
	}
	got := shared(objects, health)
	want := []v1alpha1.UnavailableAlert{
		{Alert: "RAGCacheCollapse", Reason: "NotExposed", Missing: "rag_cache_hits_total"},
		{Alert: "RAGDiskHigh", Reason: "NotInVocabulary", Missing: "diskUsage"},
		{Alert: "RAGKVCacheSaturated", Reason: "NotInVocabulary", Missing: "kvCacheUsage"},
		{Alert: "RAGRelevanceLow", Reason: "NotInVocabulary", Missing: "relevance"},
	}
	if d := cmp.Diff(want, got.UnavailableAlerts); d != "" {
		t.Errorf("alerts (-want +got):\n%s", d)
	}
}

func TestRefusedSpecKeepsWhatWasSaidOfItsRules(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, made(), earlier), Health(rm, seen(slow(), measured()), earlier))
	part := Objects(rm, Outcome{Refused: &Refusal{v1alpha1.ReasonInvalidSpec, "why"}}, now)
	before := objectsPartOf(rm.Status)
	if d := cmp.Diff(before.Unavailable, part.Unavailable); d != "" {
		t.Errorf("unavailable alerts (-before +after):\n%s", d)
	}
	if d := cmp.Diff(before.Thresholds, part.Thresholds); d != "" {
		t.Errorf("thresholds (-before +after):\n%s", d)
	}
}

func TestWhatIsNoLongerSoIsTakenBack(t *testing.T) {
	rm := watched()
	rm.Status = shared(Objects(rm, made(), earlier), Health(rm, seen(slow(), measured()), earlier))
	outcome := done()
	outcome.Rules = &rules.Rules{}
	part := Objects(rm, outcome, now)
	if len(part.Unavailable)+len(part.Thresholds) > 0 || part.Same(rm.Status) {
		t.Errorf("part holds %v and %v", part.Unavailable, part.Thresholds)
	}
}
