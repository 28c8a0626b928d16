package perf_test

import (
	"math"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// usage is what this process has used since its start, or between two times.
type usage struct {
	// wall is by the clock, processor the time of all cores.
	wall, processor time.Duration
	// bytes and objects that were allocated, whether or not they are still held.
	bytes, objects float64
}

var began = time.Now()

func used(tb testing.TB) usage {
	tb.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		tb.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{time.Since(began), time.Duration(r.Utime.Nano() + r.Stime.Nano()), float64(m.TotalAlloc), float64(m.Mallocs)}
}

func (u usage) minus(v usage) usage {
	return usage{u.wall - v.wall, u.processor - v.processor, u.bytes - v.bytes, u.objects - v.objects}
}

// during is the share of u that falls into so much of its time.
func (u usage) during(wall time.Duration) usage {
	return u.times(wall.Seconds() / u.wall.Seconds())
}

func (u usage) times(x float64) usage {
	return usage{time.Duration(float64(u.wall) * x), time.Duration(float64(u.processor) * x), u.bytes * x, u.objects * x}
}

// heap is the least of some readings: what work under way has is not held.
func heap() float64 {
	least := math.Inf(1)
	for range 5 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		least = min(least, float64(m.HeapAlloc))
	}
	return least
}
