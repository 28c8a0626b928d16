package main

import (
	"fmt"
	"time"
)

// measurement is how long something took.
type measurement struct {
	what string
	took time.Duration
}

// measure prints how long something took, and keeps it for the end.
func (d *demo) measure(what string, began time.Time) {
	m := measurement{what: what, took: time.Since(began)}
	d.measured = append(d.measured, m)
	d.step("%.1fs: %s", m.took.Seconds(), m.what)
}

// summary prints all that was measured.
func (d *demo) summary() {
	var out []string
	for _, m := range d.measured {
		out = append(out, fmt.Sprintf("%5.1fs  %s", m.took.Seconds(), m.what))
	}
	d.block("measured:", lines(out))
}
