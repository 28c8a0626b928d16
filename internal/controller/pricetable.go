package controller

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
)

// priceTableInterval is how often the file is looked at: a ConfigMap that is mounted
// takes about as long to change.
const priceTableInterval = time.Minute

// ReadPriceTable reads the administrator's prices and puts them over those that are
// compiled in. Without a file, these are all.
func ReadPriceTable(file string) (pricing.Table, error) {
	builtin, err := pricing.Builtin()
	if err != nil || file == "" {
		return builtin, err
	}
	data, err := os.ReadFile(file) //nolint:gosec // the administrator names it
	if err != nil {
		return pricing.Table{}, fmt.Errorf("read the table of prices: %w", err)
	}
	table, err := pricing.Parse(file, data)
	if err != nil {
		return pricing.Table{}, err
	}
	return table.Over(builtin), nil
}

// catalogue is what children are made from, which changes with the prices.
type catalogue struct {
	atomic.Pointer[desired.Catalogue]
}

func newCatalogue(c desired.Catalogue) *catalogue {
	out := &catalogue{}
	out.Store(&c)
	return out
}

// priceTable follows the administrator's file of prices. It implements
// manager.Runnable, and runs in every replica: a standby must not begin with the
// prices of its own start.
type priceTable struct {
	file      string
	catalogue *catalogue
	// changed is called when the children must be made anew.
	changed func()
	last    []byte
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (p *priceTable) NeedLeaderElection() bool { return false }

// Start looks at the file until ctx ends.
func (p *priceTable) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, p.look, priceTableInterval)
	return nil
}

// look takes over a file that changed. One that is broken is told of once, and the
// prices before it stay.
func (p *priceTable) look(ctx context.Context) {
	log := ctrl.LoggerFrom(ctx).WithName("price-table").WithValues("file", p.file)
	data, err := os.ReadFile(p.file)
	if err != nil {
		log.Error(err, "Reading the table of prices failed")
		return
	}
	if bytes.Equal(data, p.last) {
		return
	}
	p.last = data
	prices, err := ReadPriceTable(p.file)
	if err != nil {
		log.Error(err, "The table of prices is broken, the one before it stays")
		return
	}
	next := *p.catalogue.Load()
	next.Rules = next.Rules.WithPrices(prices)
	p.catalogue.Store(&next)
	log.Info("The table of prices was read", "asOf", prices.AsOf.Format(time.DateOnly), "models", len(prices.Models))
	p.changed()
}
