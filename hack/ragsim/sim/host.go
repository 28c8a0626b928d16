package sim

import "fmt"

// halfwayInFlight is how many requests in flight bring a load halfway from idle
// to busy.
const halfwayInFlight = 20

// Names of the machine's resources, as faults call them.
const (
	ResourceCPU    = "cpu"
	ResourceMemory = "memory"
	ResourceDisk   = "disk"
)

func resources() []string { return []string{ResourceCPU, ResourceMemory, ResourceDisk} }

// Host is how much of the machine is in use.
type Host struct {
	CPU, Memory, Disk Load
}

// load is that of one of resources().
func (h Host) load(resource string) Load {
	return map[string]Load{ResourceCPU: h.CPU, ResourceMemory: h.Memory, ResourceDisk: h.Disk}[resource]
}

// Load is the use of one resource in percent: Idle without requests, and ever
// closer to Busy the more are in flight; 0 <= Idle <= Busy <= 100. It never
// exceeds Busy, so that a slow stage is not reported as a full machine as well.
type Load struct {
	Idle, Busy float64
}

func (l Load) percent(inFlight float64) float64 {
	return l.Idle + (l.Busy-l.Idle)*inFlight/(inFlight+halfwayInFlight)
}

func (l Load) validate() error {
	if ordered := 0 <= l.Idle && l.Idle <= l.Busy && l.Busy <= 100; !ordered {
		return fmt.Errorf("idle %v, busy %v: write percentages with 0 <= idle <= busy <= 100", l.Idle, l.Busy)
	}
	return nil
}
