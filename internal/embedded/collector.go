package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	configutil "github.com/prometheus/common/config"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/scrape"
	"k8s.io/utils/clock"
)

// collector scrapes the targets of one RAGMonitor. Each RAGMonitor has a scrape
// manager of its own: a change waits for the scrapes under way, and a slow target
// must hold up the changes of its own RAGMonitor only.
type collector struct {
	key     Key
	config  collectorConfig
	dialer  *dialer
	keep    atomic.Pointer[keepList]
	states  *targetStates
	updates chan []Job
	ended   chan struct{}

	// What follows is used by run only.
	manager *scrape.Manager
	sets    chan map[string][]*targetgroup.Group
	names   map[string]string
	applied []Job
}

// collectorConfig is the same for all collectors.
type collectorConfig struct {
	limits  Limits
	native  bool
	allow   func(netip.Addr) bool
	reload  time.Duration
	clock   clock.PassiveClock
	slots   *slots
	scraped *database
	metrics *metrics
	logger  *slog.Logger
}

func newCollector(key Key, c collectorConfig) (*collector, error) {
	collector := &collector{
		key:     key,
		config:  c,
		dialer:  &dialer{allow: c.allow, bytes: c.limits.BodyBytes + 1<<20},
		states:  newTargetStates(c.clock),
		updates: make(chan []Job, 1),
		ended:   make(chan struct{}),
		sets:    make(chan map[string][]*targetgroup.Group),
		names:   map[string]string{},
	}
	options := &scrape.Options{
		// The appender is told by it which target a sample is of.
		PassMetadataInContext:   true,
		DiscoveryReloadInterval: promconfig.Duration(c.reload),
		HTTPClientOptions: []configutil.HTTPClientOption{
			configutil.WithDialContextFunc(collector.dialer.dial),
			// One connection for one scrape: the number of connections is then that of
			// slots, and none is left to a pod that is no longer a target.
			configutil.WithKeepAlivesDisabled(),
			configutil.WithHTTP2Disabled(),
		},
	}
	// What it would log is in the state of the targets; some of it is written by them.
	quiet := slog.New(slog.DiscardHandler)
	manager, err := scrape.NewManager(options, quiet, nil, collector, unregistered{})
	if err != nil {
		return nil, fmt.Errorf("make a scrape manager: %w", err)
	}
	collector.manager = manager
	return collector, nil
}

// update sets what is scraped from now on. It does not wait.
func (c *collector) update(jobs []Job, keep *keepList) {
	c.keep.Store(keep)
	select {
	case <-c.updates:
	default:
	}
	c.updates <- jobs
}

// run scrapes until ctx ends, and returns when nothing is scraped any more.
func (c *collector) run(ctx context.Context) {
	defer close(c.ended)
	var scraping sync.WaitGroup
	scraping.Go(func() {
		// It returns no error but at its end.
		_ = c.manager.Run(c.sets)
	})
	var jobs []Job
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case jobs = <-c.updates:
		case <-c.states.changed:
		}
		if err := c.apply(jobs); err != nil {
			c.config.logger.Error("Targets cannot be scraped", "namespace", c.key.Namespace, "ragmonitor", c.key.Name, "err", err)
		}
	}
	// Without targets, a change that is still to be made starts no scrapes.
	c.sets <- nil
	c.manager.Stop()
	scraping.Wait()
}

func (c *collector) apply(jobs []Job) error {
	addresses := map[netip.AddrPort]bool{}
	sets := map[string][]*targetgroup.Group{}
	c.rename(jobs)
	for _, job := range jobs {
		job.Targets = c.states.admitted(job)
		for _, target := range job.Targets {
			addresses[target.Address] = true
		}
		sets[c.names[job.Component]] = []*targetgroup.Group{targetGroup(c.key, job)}
	}
	c.dialer.targets.Store(&addresses)
	c.states.retain(jobs)
	if err := c.configure(jobs); err != nil {
		return err
	}
	c.sets <- sets
	return nil
}

// configure tells the manager of jobs that are not as they were. Their targets are
// told otherwise.
func (c *collector) configure(jobs []Job) error {
	var configs []*config.ScrapeConfig
	same := len(jobs) == len(c.applied)
	for i, job := range jobs {
		job.Targets = nil
		configs = append(configs, scrapeConfig(c.names[job.Component], job, c.config.limits, c.config.native))
		same = same && c.applied[i].equal(job)
	}
	if same {
		return nil
	}
	loaded, err := prometheusConfig(configs)
	if err != nil {
		return err
	}
	if err := c.manager.ApplyConfig(loaded); err != nil {
		return fmt.Errorf("apply the scrape configuration: %w", err)
	}
	c.applied = nil
	for _, job := range jobs {
		job.Targets = nil
		c.applied = append(c.applied, job)
	}
	return nil
}

// rename gives each component a number as the name of its job. The HTTP client keeps
// statistics by this name for as long as the process runs, and users could make any
// number of components. A number is free once its component was not there in the
// configuration before.
func (c *collector) rename(jobs []Job) {
	names, used := map[string]string{}, map[string]bool{}
	for _, name := range c.names {
		used[name] = true
	}
	for _, job := range jobs {
		name, ok := c.names[job.Component]
		for i := 0; !ok; i++ {
			name = strconv.Itoa(i)
			ok = !used[name]
		}
		used[name] = true
		names[job.Component] = name
	}
	c.names = names
}
