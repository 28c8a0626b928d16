//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// shown is how much of a log file is shown when something failed, in bytes.
const shown = 3 << 10

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
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, "[%5.1fs] %s\n", time.Since(c.begun).Seconds(), fmt.Sprintf(format, args...))
}

// block prints text that came from elsewhere, indented, under a title.
func (c *console) block(title, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, "         %s\n", title)
	for line := range strings.Lines(strings.TrimSpace(text)) {
		fmt.Fprintf(c.out, "         %s\n", strings.TrimRight(line, "\n"))
	}
}

// tail is the end of a log file, in whole lines.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text := string(content)
	if len(text) > shown {
		_, text, _ = strings.Cut(text[len(text)-shown:], "\n")
	}
	return text
}
