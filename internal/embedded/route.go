package embedded

import (
	"context"
	"errors"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Querier implements storage.Queryable: a selector is answered by the database that
// has its metric.
func (s *store) Querier(mint, maxt int64) (storage.Querier, error) {
	return &router{store: s, mint: mint, maxt: maxt}, nil
}

// router opens a database when a selector needs it: most rules need only one.
type router struct {
	store             *store
	mint, maxt        int64
	scraped, recorded storage.Querier
}

// Select implements storage.Querier.
func (r *router) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	querier, err := r.at(placeOf(matchers))
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	return querier.Select(ctx, sorted, hints, matchers...)
}

// LabelValues implements storage.LabelQuerier.
func (r *router) LabelValues(ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	querier, err := r.at(placeOf(matchers))
	if err != nil {
		return nil, nil, err
	}
	return querier.LabelValues(ctx, name, hints, matchers...)
}

// LabelNames implements storage.LabelQuerier.
func (r *router) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	querier, err := r.at(placeOf(matchers))
	if err != nil {
		return nil, nil, err
	}
	return querier.LabelNames(ctx, hints, matchers...)
}

// Close implements storage.LabelQuerier.
func (r *router) Close() error {
	var errs []error
	for _, querier := range []storage.Querier{r.scraped, r.recorded} {
		if querier != nil {
			errs = append(errs, querier.Close())
		}
	}
	return errors.Join(errs...)
}

func (r *router) at(p place) (storage.Querier, error) {
	var queriers []storage.Querier
	for _, one := range []struct {
		wanted   bool
		querier  *storage.Querier
		database *database
	}{{p.scraped, &r.scraped, r.store.scraped}, {p.recorded, &r.recorded, r.store.recorded}} {
		if !one.wanted {
			continue
		}
		if *one.querier == nil {
			querier, err := one.database.Querier(r.mint, r.maxt)
			if err != nil {
				return nil, err
			}
			*one.querier = querier
		}
		queriers = append(queriers, *one.querier)
	}
	return storage.NewMergeQuerier(queriers, nil, storage.ChainedSeriesMerge), nil
}
