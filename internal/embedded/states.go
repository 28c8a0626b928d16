package embedded

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/scrape"
	"k8s.io/utils/clock"

	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// metadataBytes and metadataNames bound what Prometheus remembers of the names and
// help texts of one target. It has no limit of its own, and texts of a hundred
// changing bodies are remembered.
const (
	metadataBytes = 1 << 20
	metadataNames = 10_000
)

// excluded is how long a target is not scraped that has too many names and texts.
const excluded = 10 * time.Minute

// targetID is a target of a RAGMonitor.
type targetID struct {
	component string
	address   netip.AddrPort
}

func idOf(target *scrape.Target) (targetID, bool) {
	address, err := netip.ParseAddrPort(target.GetValue(promconfig.AddressLabel))
	return targetID{target.GetValue(naming.LabelComponentTarget), address}, err == nil
}

// targetStates knows which targets of a RAGMonitor are down.
type targetStates struct {
	clock clock.PassiveClock
	// changed is sent to when a target is to be excluded.
	changed chan struct{}

	mu       sync.Mutex
	down     map[targetID]DownTarget
	excluded map[targetID]time.Time
	present  map[targetID]bool
}

func newTargetStates(c clock.PassiveClock) *targetStates {
	return &targetStates{
		clock:    c,
		changed:  make(chan struct{}, 1),
		down:     map[targetID]DownTarget{},
		excluded: map[targetID]time.Time{},
	}
}

// scraped notes the end of a scrape.
func (s *targetStates) scraped(target *scrape.Target, at time.Time, up bool) {
	id, ok := idOf(target)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, out := s.excluded[id]; out || !ok || !s.present[id] {
		return
	}
	if up {
		delete(s.down, id)
		return
	}
	since := at
	if before, ok := s.down[id]; ok {
		since = before.Since
	}
	failure := target.LastError()
	s.down[id] = DownTarget{Address: id.address, Since: since, Reason: reasonOf(failure), Message: message(failure)}
}

// exclude takes a target out for a while.
func (s *targetStates) exclude(target *scrape.Target, at time.Time) {
	id, ok := idOf(target)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, already := s.excluded[id]; already || !ok {
		return
	}
	s.excluded[id] = s.clock.Now().Add(excluded)
	err := &LimitError{LimitMetadata, metadataBytes}
	s.down[id] = DownTarget{Address: id.address, Since: at, Reason: ReasonMetadataLimit, Message: message(err)}
	s.announce()
}

// announce asks for the targets to be set anew.
func (s *targetStates) announce() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// admitted are the targets of a job without those that are excluded.
func (s *targetStates) admitted(job Job) []Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Target
	for _, target := range job.Targets {
		if _, ok := s.excluded[targetID{job.Component, target.Address}]; !ok {
			out = append(out, target)
		}
	}
	return out
}

// readmit ends exclusions that are over.
func (s *targetStates) readmit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, until := range s.excluded {
		if s.clock.Now().After(until) {
			delete(s.excluded, id)
			s.announce()
		}
	}
}

// retain forgets all targets but those of the jobs.
func (s *targetStates) retain(jobs []Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.present = map[targetID]bool{}
	for _, job := range jobs {
		for _, target := range job.Targets {
			s.present[targetID{job.Component, target.Address}] = true
		}
	}
	for id := range s.down {
		if !s.present[id] {
			delete(s.down, id)
		}
	}
}

// report adds what is wrong with targets to the components.
func (s *targetStates) report(components map[string]*ComponentProblems) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := func(component string) *ComponentProblems {
		if components[component] == nil {
			components[component] = &ComponentProblems{}
		}
		return components[component]
	}
	for id, down := range s.down {
		at(id.component).Down = append(at(id.component).Down, down)
	}
	for _, c := range components {
		slices.SortFunc(c.Down, func(a, b DownTarget) int { return cmp.Compare(a.Address.String(), b.Address.String()) })
	}
}

func (s *targetStates) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.present)
}
