package sim

// hitWindow remembers the last 100 look-ups in a cache.
type hitWindow struct {
	hits [100]bool
	seen int
}

// add remembers one look-up and returns the hit ratio (0..1) of the window.
func (w *hitWindow) add(hit bool) float64 {
	w.hits[w.seen%len(w.hits)] = hit
	w.seen++
	filled := min(w.seen, len(w.hits))
	count := 0
	for _, h := range w.hits[:filled] {
		if h {
			count++
		}
	}
	return float64(count) / float64(filled)
}
