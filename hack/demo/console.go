package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// console prints what happens and when.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	begun time.Time
}

func newConsole(out io.Writer) *console {
	return &console{out: out, begun: time.Now()}
}

// step prints a line with the time since the beginning, in seconds.
func (c *console) step(format string, args ...any) {
	c.print(fmt.Sprintf("[%5.1fs] %s\n", time.Since(c.begun).Seconds(), fmt.Sprintf(format, args...)))
}

// block prints text that came from elsewhere, indented, under a title.
func (c *console) block(title, text string) {
	c.print(indent(title) + "\n" + indent(strings.TrimRight(text, "\n")) + "\n")
}

// indent puts text below that of a step.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("         "+line, " ") + "\n")
	}
	return b.String()
}

// print is whole: steps and the synchronization of Prometheus print at the same
// time. A terminal that is gone is no reason to stop.
func (c *console) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.out, text)
}
