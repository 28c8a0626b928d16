package controlplane

import (
	"io"
	"strings"
	"sync"
)

// kept is how much output is kept for the error message of a failed start, in
// bytes.
const kept = 4 << 10

// output passes on what several processes print at the same time, and keeps the
// end of it.
type output struct {
	mu   sync.Mutex
	next io.Writer
	tail []byte
}

// Write never fails for want of a next writer: a log that cannot be written is no
// reason for a process to end.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next != nil {
		_, _ = o.next.Write(b)
	}
	o.tail = append(o.tail, b...)
	if extra := len(o.tail) - kept; extra > 0 {
		o.tail = append([]byte(nil), o.tail[extra:]...)
	}
	return len(b), nil
}

// Tail is the end of what was printed, at most 4 KiB, in whole lines.
func (o *output) Tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	tail := string(o.tail)
	if len(o.tail) == kept {
		_, tail, _ = strings.Cut(tail, "\n")
	}
	return strings.TrimSpace(tail)
}
